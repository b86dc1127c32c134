"""``ukd-bench measure memory --budget``: what fits a size of memory, and whether it does."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ConfigError
from ...records.execution import environment
from ..progress import progress_bar
from .memory_files import budget_content, budget_csv_text, budget_rows
from .memory_subjects import title_of

if TYPE_CHECKING:
    from ...measure.memory.budget import Budget, Question
    from ...measure.memory.rehearsal.subject import Subject

WANTED_TEACHERS = 4


def answer_budget(
    arguments: argparse.Namespace,
    asked: 'list[Subject]',
    methods: list[list[str]],
    command: str,
    scratch: Path,
) -> int:
    """Answers for all students, prints and writes them; returns 1 where one is missing or wrong.

    Args:
        arguments: The options.
        asked: The students.
        methods: The methods of each.
        command: What was typed.
        scratch: For whatever is rehearsed; empty.

    Raises:
        ConfigError: an option cannot be used, or there is no answer at all.
    """
    from ...files.atomic import write_json, write_text
    from ...measure.memory.budget import MOST_BATCH, Question, budgets
    from . import memory_text as text

    if arguments.batch > MOST_BATCH:
        raise ConfigError(f'--batch {arguments.batch}: a budget is searched up to {MOST_BATCH}')
    question = Question(
        tuple(size for _, size in arguments.budget),
        arguments.for_teachers or WANTED_TEACHERS,
        arguments.batch,
    )
    with progress_bar('searching') as update:
        found = budgets(asked, methods, question, scratch, arguments.jobs, update)
    failed, checks = [], []
    for number, (subject, budget) in enumerate(zip(asked, found, strict=True)):
        told = [(one.method, one.error) for one in budget.methods.values() if one.error]
        told += [(text.cell_name(row), row['error']) for row in budget.before if row['error']]
        lines = text.errors(subject.student, told)
        failed += lines
        if len(asked) == 1 and all(one.error for one in budget.methods.values()):
            raise ConfigError(lines[0])
        title = title_of(subject.student) if not arguments.config else None
        print(f'{title or subject.student}, {subject.device}\n')
        parts = [text.budget(budget, question, arguments.budget, subject.device)]
        parts.append(text.before(budget))
        if arguments.check:
            mine = _checked(subject, budget, question, scratch / f'{number}-checked')
            checks += mine
            parts.append(text.sides(mine))
            failed += text.errors(subject.student, text.sides_not_as_predicted(mine))
        print('\n\n'.join(filter(None, parts)), end='\n\n')
    print(text.budget_notes(found, question.num_teachers, arguments.device), end='\n\n')
    print(text.rests_on(arguments.device, True, ''))
    for line in failed:
        print(f'failed: {line}', file=sys.stderr)
    rows = [
        row
        for subject, budget in zip(asked, found, strict=True)
        for row in budget_rows(subject.student, budget, arguments.budget, question)
    ]
    if arguments.csv:
        write_text(arguments.csv, budget_csv_text(rows))
    if arguments.json:
        device = arguments.device if arguments.check else 'cpu'
        write_json(arguments.json, budget_content(rows, checks, command, environment(device, 1)))
    return 1 if failed else 0


def _checked(
    subject: 'Subject', budget: 'Budget', question: 'Question', folder: Path
) -> list[dict[str, Any]]:
    """How both sides of each boundary went under a cap, a row a side."""
    from ...measure.memory.check import check_sides, sides
    from ...measure.memory.real.capped import ALLOWANCE

    answers = [one for one in budget.methods.values() if one.error is None]
    asked = [side for one in answers for side in sides(one, question, subject.device)]
    with progress_bar(f'{subject.student}: checking') as update:
        outcomes = check_sides(subject, asked, folder, update)
    allowance = ALLOWANCE if subject.device == 'cpu' else 0
    return [
        dict(
            student=subject.student,
            method=side.cell.method,
            num_teachers=side.cell.num_teachers,
            batch_size=side.batch_size,
            predicted_bytes=side.need_bytes,
            cap_bytes=side.room_bytes,
            status=outcome.status,
            as_predicted=side.as_predicted(outcome, allowance),
            error=outcome.error,
        )
        for side, outcome in zip(asked, outcomes, strict=True)
    ]
