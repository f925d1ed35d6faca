"""Ids that people can copy: a prefix that says what it is, and the row's UUID in 22 letters and digits."""

from uuid import UUID

# Base 58: no 0, O, I or l, which people confuse.
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 22


def encode(prefix: str, value: UUID) -> str:
    """`rnd_…` for a render's UUID."""
    number, letters = value.int, ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[digit] + letters
    return f"{prefix}_{letters.rjust(_LENGTH, _ALPHABET[0])}"


def decode(prefix: str, text: str) -> UUID:
    """The UUID behind a public id. Raises ValueError when it is not one with this prefix."""
    head, _, letters = text.partition("_")
    if head != prefix or len(letters) != _LENGTH:
        raise ValueError(f"{text!r} is not an id that begins with {prefix}_")
    number = 0
    for letter in letters:
        number = number * len(_ALPHABET) + _ALPHABET.index(letter)
    return UUID(int=number)  # raises ValueError past 128 bits


class PublicIdConverter:
    """URL converter; one subclass per prefix."""

    prefix = ""
    regex = ""

    def to_python(self, value: str) -> UUID:
        return decode(self.prefix, value)

    def to_url(self, value: UUID | str) -> str:
        return encode(self.prefix, value) if isinstance(value, UUID) else value


def converter(prefix: str) -> type[PublicIdConverter]:
    """The URL converter class for ids of one prefix."""
    attributes = {"prefix": prefix, "regex": prefix + "_[1-9A-HJ-NP-Za-km-z]{22}"}
    return type(f"{prefix.title()}Converter", (PublicIdConverter,), attributes)
