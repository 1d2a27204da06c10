"""Splits a search text into tokens exactly where the engine's character-driven parser does.

The engine recognises a keyword as soon as its last letter is read, so the state decides what a word can be:
`sortbyname` is a sort clause, a free-text word that begins with a cross reference is an error, an unfinished
word after a value makes the whole query incomplete. One pass, linear in the length of the text.
"""

from collections.abc import Callable
from typing import NamedTuple

from .search_fields import COLLECTIONS, REFERENCED, Collection, Field, Table

Check = Callable[[Field, str], bool]

BEGIN, FIELD, REFERENCE, DOT, RELATION, VALUE = "begin", "field", "reference", "dot", "relation", "value"
AND, OR, SORT_BY, SORT_FIELD, DIRECTION = "and", "or", "sortby", "sort field", "direction"
PAGE, PAGE_NUMBER = "page", "page number"

_KEEP_SPACES = frozenset({RELATION, BEGIN, VALUE, OR, AND})
_WORD_LIMIT = 40
_TOO_LONG = "\0"
_OBJECTS = (
    "VMS POOLS HOSTS TEMPLATES EVENTS USERS GROUPS CLUSTERS DISKS DATACENTER STORAGE VOLUMES QUOTA NETWORKS "
    "PROVIDERS INSTANCETYPES IMAGETYPES SESSIONS JOBS VNICPROFILES"
)
_SPACES = " \t\n\v\f\r"
_CONTROLS = "".join(map(chr, range(33)))


def _prefixes(words: list[str]) -> frozenset[str]:
    return frozenset(word[:end] for word in words for end in range(1, len(word) + 1))


_OBJECT_PREFIXES = _prefixes(_OBJECTS.split())
_AFTER_VALUE_PREFIXES = _prefixes(["SORTBY", "AND", "OR"]) | _OBJECT_PREFIXES
_FIELD_PREFIXES: dict[int, frozenset[str]] = {}


class Token(NamedTuple):
    """One recognised piece; `body` is upper case but for values."""

    kind: str
    body: str


class SearchSyntaxError(ValueError):
    """A search text that the engine refuses with 400; the text is the fault's detail."""


class EmptyResult(Exception):
    """A search text that the engine answers with an empty list instead of an error."""


class Scanner:
    """Reads one search text of a collection; `check` tells whether a field accepts a written value."""

    def __init__(self, collection: str, text: str, check: Check) -> None:
        self.collection: Collection = COLLECTIONS[collection]
        self.text = text
        self.check = check
        self.tokens: list[Token] = [Token(BEGIN, "")]
        self.start = 0
        self.valid = True
        self.free_text_of: set[str] = set()
        self._quote = (-1, -1)

    def run(self) -> list[Token]:
        """Returns the tokens after the opening one; raises SearchSyntaxError or EmptyResult."""
        states = {
            BEGIN: self._begin,
            VALUE: self._after_value,
            AND: self._after_operator,
            OR: self._after_operator,
            FIELD: self._relation,
            RELATION: self._value,
            REFERENCE: self._after_reference,
            DOT: self._referenced_field,
            SORT_BY: self._sort_field,
            SORT_FIELD: self._direction,
            DIRECTION: self._page_keyword,
            PAGE: self._page_number,
            PAGE_NUMBER: self._end,
        }
        index = 0
        while index < len(self.text):
            char = self.text[index]
            state = self.tokens[-1].kind
            if char in "';":
                raise self._error("INVALID_CHARECTER", index + 1)
            if char == " " and state not in _KEEP_SPACES:
                self.start += 1
                index += 1
                continue
            index = states[state](index) + 1
        if not self.valid:
            raise EmptyResult(self.text)
        return self.tokens[1:]

    # words

    def _word(self, index: int) -> str:
        if index + 1 - self.start > _WORD_LIMIT:
            return _TOO_LONG
        return self.text[self.start : index + 1].upper()

    def _add(self, kind: str, body: str, index: int) -> int:
        self.tokens.append(Token(kind, body))
        self.start = index + 1
        return index

    def _error(self, name: str, end: int) -> SearchSyntaxError:
        prefix = self.collection.prefix
        text = prefix + self.text
        start, end = len(prefix) + self.start, len(prefix) + end
        if 0 <= start < end < len(text):
            return SearchSyntaxError(f"{text[:start]}${text[start:end]}${text[end:]}")
        return SearchSyntaxError(name.replace("_", " ").capitalize())

    def _field_prefixes(self, table: Table) -> frozenset[str]:
        found = _FIELD_PREFIXES.get(id(table))
        if found is None:
            found = _prefixes([name for name in table.fields if name not in table.hidden])
            _FIELD_PREFIXES[id(table)] = found
        return found

    def _try_reference(self, word: str, index: int) -> int | None:
        if word not in self.collection.references:
            return None
        if self.text[index + 1 : index + 2] in ("s", "S"):
            index += 1
        return self._add(REFERENCE, word, index)

    # states

    def _begin(self, index: int) -> int:
        word = self._word(index)
        if word in self.collection.table.fields:
            if self.text[index + 1 : index + 2] in (" ", "!", "=", "<", ">"):
                self._add(FIELD, word, index)
            self.valid = False
            return index
        if word in ("SORTBY", "PAGE"):
            self.valid = False
            return self._add(SORT_BY if word == "SORTBY" else PAGE, word, index)
        found = self._try_reference(word, index)
        if found is not None:
            self.valid = False
            return found
        if self._phrase(index):
            self.free_text_of.add("")
        return index

    def _after_operator(self, index: int) -> int:
        word = self._word(index)
        self.valid = False
        if word in self.collection.table.fields:
            return self._add(FIELD, word, index)
        found = self._try_reference(word, index)
        if found is not None:
            return found
        if self._phrase(index):
            self._free_text_once("", index)
            self.valid = True
        return index

    def _after_value(self, index: int) -> int:
        word = self._word(index)
        if word != _TOO_LONG:
            word = word.strip(_CONTROLS)
        if not word:
            return index
        self.valid = False
        if word in self.collection.table.fields:
            return self._add(FIELD, word, index)
        if word in ("SORTBY", "PAGE", "AND", "OR"):
            kind = {"SORTBY": SORT_BY, "PAGE": PAGE, "AND": AND, "OR": OR}[word]
            return self._add(kind, word, index)
        found = self._try_reference(word, index)
        if found is not None:
            return found
        if word in _AFTER_VALUE_PREFIXES or word in self._field_prefixes(self.collection.table):
            return index
        if self._phrase(index):
            self._free_text_once("", index)
            self.valid = True
        return index

    def _relation(self, index: int) -> int:
        field = self._field_at(-1)
        longer = self.text[self.start : index + 2]
        if index + 1 < len(self.text) and longer in field.relations:
            return index
        word = self._word(index)
        if word in field.relations:
            self._add(RELATION, word, index)
        elif not any(relation.startswith(word) for relation in field.relations):
            raise self._error("INVALID_CONDITION_RELATION", index + 1)
        self.start = index + 1
        self.valid = False
        return index

    def _value(self, index: int) -> int:
        if self._phrase(index) and self.tokens[-3].kind == REFERENCE:
            self._free_text_once(self.tokens[-3].body, index)
        return index

    def _after_reference(self, index: int) -> int:
        word = self._word(index)
        if word == ".":
            return self._add(DOT, word, index)
        if self.text[self.start : index + 2] == "!=":
            return index
        if word in ("=", "!="):
            return self._add(RELATION, word, index)
        if word != "!":
            raise self._error("INVALID_POST_CROSS_REF_OBJ", index + 1)
        return index

    def _referenced_field(self, index: int) -> int:
        table = REFERENCED[self.collection.references[self.tokens[-2].body]]
        word = self._word(index)
        if word in table.fields:
            return self._add(FIELD, word, index)
        if word not in self._field_prefixes(table):
            raise self._error("INVALID_CONDITION_FILED", index + 1)
        return index

    def _sort_field(self, index: int) -> int:
        word = self._word(index)
        if word in self.collection.table.fields:
            self.valid = True
            return self._add(SORT_FIELD, word, index)
        if word not in self._field_prefixes(self.collection.table):
            raise self._error("INVALID_SORT_FIELD", index + 1)
        return index

    def _direction(self, index: int) -> int:
        word = self._word(index)
        if word in ("ASC", "DESC"):
            self.valid = True
            return self._add(DIRECTION, word, index)
        if not ("ASC".startswith(word) or "DESC".startswith(word)):
            raise self._error("INVALID_SORT_DIRECTION", index + 1)
        return index

    def _page_keyword(self, index: int) -> int:
        word = self._word(index)
        if word == "PAGE":
            self.valid = True
            return self._add(PAGE, word, index)
        if not "PAGE".startswith(word):
            raise self._error("INVALID_PAGE_FEILD", index)
        return index

    def _page_number(self, index: int) -> int:
        # A character after the digits spoils the number, and the engine then reads page 1.
        end = index
        while end < len(self.text) and self.text[end].isdecimal():
            end += 1
        if end == index:
            raise self._error("INVALID_CHARECTER", index + 1)
        self.valid = True
        return self._add(PAGE_NUMBER, self.text[index : end + 1], end)

    def _end(self, index: int) -> int:
        if self.text[index] != " ":
            raise self._error("NOTHING_COMES_AFTER_PAGE_VALUE", index + 1)
        return index

    # values

    def _phrase(self, index: int) -> bool:
        """Reads one more character of a value; True when the value is complete and was added."""
        quoted = self._quote_before(index)
        if self.text[index] == '"':
            if quoted:
                return self._add_value(self.text[self.start : index + 1].strip('"'), index)
            if self.text[self.start : index].strip(_SPACES):
                raise self._error("INVALID_CONDITION_VALUE", index + 1)
            return False
        if quoted or not (self.text[index] == " " or index + 1 == len(self.text)):
            return False
        phrase = self.text[self.start : index + 1].strip(_CONTROLS)
        if phrase and not any(space in phrase for space in _SPACES):
            return self._add_value(phrase, index)
        self.start = index + 1
        return False

    def _quote_before(self, index: int) -> bool:
        if self._quote[0] != self.start:
            self._quote = (self.start, self.text.find('"', self.start))
        return 0 <= self._quote[1] < index

    def _add_value(self, value: str, index: int) -> bool:
        if len(self.tokens) > 1 and self.tokens[-2].kind == FIELD:
            field = self._field_at(-2)
            if not self.check(field, value):
                raise self._error("INVALID_CONDITION_VALUE", index)
        self._add(VALUE, value, index)
        self.valid = True
        return True

    def _field_at(self, position: int) -> Field:
        table = self.collection.table
        if self.tokens[position - 1].kind == DOT:
            table = REFERENCED[self.collection.references[self.tokens[position - 2].body]]
        return table.fields[self.tokens[position].body]

    def _free_text_once(self, owner: str, index: int) -> None:
        if owner in self.free_text_of:
            raise self._error("FREE_TEXT_ALLOWED_ONCE_PER_OBJ", index + 1)
        self.free_text_of.add(owner)
