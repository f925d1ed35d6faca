from characters.models.characters import Character, CharacterEvent, Kind
from characters.models.clips import CharacterFile, Clip, FileKind, Likeness, Origin

__all__ = [
    "Character",
    "CharacterEvent",
    "CharacterFile",
    "Clip",
    "FileKind",
    "Kind",
    "Likeness",
    "Origin",
]
