"""All methods that a sweep may have, the suite's and its own, and their looks."""

from collections.abc import Iterable
from dataclasses import asdict, replace

from ..files.hashes import canonical_json
from .looks import LOOKS, Look, with_spare_looks
from .own import OwnMethod
from .table import METHOD_TABLE, RUN_KINDS, Method


class KnownMethods:
    """The suite's methods and those of one sweep's config, in the order of tables.

    Args:
        own: The methods that the config describes.

    Attributes:
        rows: What a plan must know of each method, by name.
        looks: How each method is called and drawn, by name.
        own: The config's methods, as given.
    """

    def __init__(self, own: Iterable[OwnMethod] = ()) -> None:
        self.own = tuple(own)
        looks = with_spare_looks([one.look for one in self.own])
        names = [one.row.name for one in self.own]
        self.rows = METHOD_TABLE | {one.row.name: one.row for one in self.own}
        self.looks = LOOKS | dict(zip(names, looks, strict=True))

    def row(self, name: str) -> Method:
        """The row of a method, or of a kind of run that trains no student."""
        return self.rows[name] if name in self.rows else RUN_KINDS[name]

    def look(self, name: str) -> Look:
        """How a method is called and drawn; a name that is no method's is called by itself."""
        if name in self.looks:
            return self.looks[name]
        (look,) = with_spare_looks([Look(name.replace('_', ' '), '')])
        return look

    def title(self, name: str) -> str:
        """A method's name within a sentence."""
        return self.look(name).title

    def heading(self, name: str) -> str:
        """A method's name as tables have it."""
        title = self.title(name)
        return title[:1].upper() + title[1:]

    def label(self, name: str) -> str:
        """A method's title; with its hook where another sweep may mean another by the name."""
        if name in METHOD_TABLE or name not in self.rows:
            return self.title(name)
        row = self.rows[name]
        settings = (f'{key}={value!r}' for key, value in row.arguments.items())
        return f'{self.title(name)} ({", ".join([row.hook or "no hook", *settings])})'

    def position(self, name: str) -> int:
        """Where a method, or another kind of run, stands in tables."""
        return [*self.rows, *RUN_KINDS].index(name)

    def identity(self, name: str) -> str:
        """What two sweeps must agree on to mean the same by a name.

        For a method of one sweep's own that is its row: how it is called is left out.
        """
        if name in METHOD_TABLE or name not in self.rows:
            return name
        row = self.rows[name]
        # What orders a queue changes no result.
        return canonical_json(asdict(replace(row, epoch_work=0.0, teacher_work=0.0)))
