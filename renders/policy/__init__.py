"""What may not be asked for: rules as data, and a matcher that finds them in any text. Pure: no queries, no clock.

`rules.py` says what a rule is, `starter.py` reads the platform's list, `folding.py` and `words.py` undo tricks of
spelling, `matcher.py` finds, `findings.py` is what comes out, `phrases.py` says which phrases can be a rule.
"""
