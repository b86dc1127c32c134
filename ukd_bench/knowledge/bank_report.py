"""What was found of one bank, as people read it."""

from dataclasses import dataclass

from .bank import Bank


@dataclass(frozen=True)
class BankReport:
    """What was found of one teacher's bank.

    Attributes:
        teacher: Its name.
        bank: None where it cannot be opened.
        defects: One line each, with the views that they are about.
        rerun: Addresses (view, sample) that were scored again.
        largest_error: Among them, beyond the storage's own; None where none was scored.
    """

    teacher: str
    bank: Bank | None = None
    defects: tuple[str, ...] = ()
    rerun: int = 0
    largest_error: float | None = None

    def lines(self) -> list[str]:
        """One about the bank, and one a defect."""
        found = f'{len(self.defects)} wrong' if self.defects else 'good'
        parts = [found] if self.bank is None else [found, _holds(self.bank), self._error(self.bank)]
        return [
            f'{self.teacher}: {"; ".join(parts)}',
            *(f'  wrong: {self.teacher}: {defect}' for defect in self.defects),
        ]

    def _error(self, bank: Bank) -> str:
        if self.largest_error is None:
            return 'not run again'
        beyond = '' if bank.storage.is_exact else f' beyond {bank.storage.name}'
        return f'{self.rerun} run again, largest error {self.largest_error:.3g}{beyond}'


def _holds(bank: Bank) -> str:
    return f'{bank.num_views} views of {bank.num_samples} clips, {bank.storage.name}'
