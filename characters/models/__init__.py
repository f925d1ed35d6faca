from characters.models.characters import Character, CharacterEvent, CharacterWord, Kind
from characters.models.clips import CharacterFile, Clip, FileKind, Likeness, Origin

__all__ = [
    "Character",
    "CharacterEvent",
    "CharacterFile",
    "CharacterWord",
    "Clip",
    "FileKind",
    "Kind",
    "Likeness",
    "Origin",
]
