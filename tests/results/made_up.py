"""A made-up sweep on disk: figures chosen by hand, so that tests can work every answer out."""

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from ukd_bench.files.hashes import file_sha256
from ukd_bench.methods.table import METHOD_TABLE, METHODS
from ukd_bench.records.plan_file import write_plan
from ukd_bench.records.sealed import write_sealed
from ukd_bench.results.scores import Scores

MIB = 1024**2
CLASSES = ['Drink', 'Jump', 'Push', 'Wave']
CLIPS = 80
POOL = ['r2plus1d-gamma1.8', 'r2plus1d-diff', 'slowonly-gamma2.5', 'r2plus1d-he']
STUDENT = 'r2plus1d-r18-w8'
TEACHER_BYTES = 2 * MIB
DISTILLED = [name for name, row in METHOD_TABLE.items() if row.distils]
BANKED = {'shuffled': 0.5875, 'shuffled_across': 0.525, 'random': 0.6375}
EQUAL_TO_UKD = [name for name, row in METHOD_TABLE.items() if row.equals_ukd]
TOP1 = {
    'plain': [0.55, 0.60, 0.575],
    'label_smoothing': [0.5625, 0.6125, 0.575],
    'two_stream_dark_light': [0.65, 0.7125, 0.6375],
    'two_stream_rgb_flow': [0.6125, 0.675, 0.65],
    'distilled': {1: [0.625, 0.65, 0.6375], 2: [0.65, 0.6875, 0.6625], 4: [0.70, 0.7375, 0.7125]},
}


def scores(top1: float, seed: int) -> dict[str, np.ndarray]:
    """Scores (N, C) of which exactly ``round(top1 * N)`` clips are right, with labels and names."""
    rng = np.random.default_rng(seed)
    labels = np.arange(CLIPS) % len(CLASSES)
    right = np.zeros(CLIPS, bool)
    right[rng.permutation(CLIPS)[: round(top1 * CLIPS)]] = True
    chosen = np.where(right, labels, (labels + 1) % len(CLASSES))
    values = np.full((CLIPS, len(CLASSES)), 0.1, np.float32)
    values[np.arange(CLIPS), chosen] = 0.7
    samples = np.array([f'{CLASSES[label]}/clip{index:03d}' for index, label in enumerate(labels)])
    return {'scores': values, 'labels': labels, 'samples': samples}


def record(
    method: str,
    *,
    key: str,
    student: str | None = STUDENT,
    teacher: str | None = None,
    k: int = 0,
    seed: int = 0,
    epochs: int = 40,
    full_epochs: int = 40,
    top1: float | None = 0.5,
    train_mib: float | None = 30.0,
    parents: tuple[str, ...] = (),
    wall_s: float = 100.0,
) -> dict[str, Any]:
    """One complete record."""
    # A sweep's own methods are like UKD where they have teachers.
    distilled = method in DISTILLED or (method not in METHODS and k > 0)
    # What equals UKD has its targets and its student.
    like = 'ukd' if method in EQUAL_TO_UKD else method
    phases = {'bank': ('init', 'fill'), 'ensemble': ('init', 'eval')}.get(
        method, ('init', 'train', 'eval')
    )
    peaks = {'init': 3.0, 'train': train_mib, 'eval': 12.0, 'fill': 14.0}
    memory = {
        phase: {
            'allocated_peak_bytes': None if peaks[phase] is None else int(peaks[phase] * MIB),
            'reserved_peak_bytes': None,
            'process_peak_bytes': 900 * MIB,
        }
        for phase in phases
    }
    trains = 'train' in phases
    two_streams = method.startswith('two_stream')
    large = two_streams or method == 'wide'
    added = {'naive': 0.03, 'naive_graph': 0.04, 'swap': 0.05}.get(method, 0.0)
    step = 0.18 if large else 0.09 * k if method == 'mutual' else 0.09 + added * k
    return {
        'schema': 2,
        'key': key,
        'execution': 'cafe',
        'status': 'done',
        'method': method,
        'student': student,
        'teacher': teacher,
        'num_teachers': k,
        'seed': seed,
        'split': 1,
        'schedule': {'epochs': epochs, 'full_epochs': full_epochs, 'batch_size': 16},
        'metrics': None if top1 is None else {'top1': top1, 'top5': 1.0, 'mean_class': top1},
        'memory': memory,
        'time': {
            'step_median_s': step if trains else None,
            'train_s': wall_s * 0.8 if trains else None,
            'eval_s': 2.0 if top1 is not None else None,
            'fill_s': 20.0 if method == 'bank' else None,
            'wall_s': wall_s,
        },
        'hashes': {
            'student_state': f'state-{like}-{k}-{seed}' if trains else None,
            'initial_state': f'initial-{seed}' if trains else None,
            'targets': f'targets-{like}-{k}-{seed}' if distilled else None,
            'checkpoint': f'checkpoint-{key}' if trains else None,
            'bank': 'scores' if method == 'bank' else None,
            'bank_manifest': 'manifest' if method == 'bank' else None,
        },
        'counts': {
            'teacher_forwards': 3200 * k if method in EQUAL_TO_UKD else 0,
            'train_steps': 800 if trains else 0,
            'parameters': 1_000_000 if large else 500_000,
            'inference_flops': 2_400_000_000 if large else 1_200_000_000,
        },
        'teachers': [
            {
                'name': name,
                'key': f'teacher-{name}',
                'state_bytes': TEACHER_BYTES,
                'checkpoint_sha256': f'checkpoint-teacher-{name}',
            }
            for name in _teachers_of(method, k, student, seed)
        ],
        'parents': list(parents),
        'knowledge': {
            'rule': 'mean_probability',
            'weight': 0.9,
            'temperature': 3.0,
            'num_views': 40,
            'bank_bytes': 640_000 * (1 if method == 'chain' else k)
            if method not in METHODS or METHOD_TABLE[method].reads == 'banks'
            else None,
            'divergence': 0.21 - 0.01 * k,
        }
        if distilled
        else ({'num_views': 40, 'bank_bytes': 640_000} if method == 'bank' else None),
        'selection': 'last_epoch',
        'selected_epoch': epochs,
        'flow': dict(algorithm='farneback', compute_s=50.0, bytes=8 * MIB)
        if method == 'two_stream_rgb_flow'
        else None,
        'protocol': {'name': 'center', 'version': 1, 'views': 1},
        'environment': {
            'device': {'kind': 'cpu', 'name': 'Made-up CPU'},
            'threads': 1,
            'precision': 'float32',
            'python': '3.11.9',
            'packages': {'mmaction2': '1.1.0', 'mmengine': '0.10.7', 'torch': '2.11.0'},
            'platform': 'Linux x86_64',
            'git': {'commit': '0123456789abcdef0123456789abcdef01234567', 'dirty': False},
            'source_sha256': 'b' * 64,
            'lock_sha256': 'c' * 64,
            'started': '2026-01-02T03:04:05Z',
            'finished': '2026-01-02T03:05:45Z',
        },
        'dataset': {
            'name': 'darkroom-quick',
            'synthetic': True,
            'fingerprint': 'd' * 64,
            'classes': CLASSES,
            'train_samples': 320,
            'test_samples': CLIPS,
        },
        'config': {},
        'error': None,
    }


def _teachers_of(method: str, k: int, student: str | None, seed: int) -> list[str]:
    if method == 'self':
        return [f'self-{student}-s{seed}']
    if METHOD_TABLE.get(method) and METHOD_TABLE[method].reads is None:
        return []
    return POOL[k - 1 : k] if method == 'chain' else POOL[:k]


class MadeUpSweep:
    """Records to be changed at will, then written with ``write``."""

    def __init__(
        self, seeds: tuple[int, ...] = (0, 1, 2), students: tuple[str, ...] = (STUDENT,)
    ) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.dataset = {'name': 'darkroom-quick', 'synthetic': True}
        self.claims_sha256: str | None = None
        self.states: dict[str, dict[str, Any]] = {}
        self.methods: list[dict[str, Any]] = []
        self.regimes: list[dict[str, Any]] = []
        self.regimes_of: dict[str, list[str]] = {}
        self.seeds = seeds
        self.curve = 'epoch,loss,learning_rate\n1,2.0,0.1\n2,0.8,0.05\n'
        for name in POOL:
            backbone = f'{name.split("-")[0]}-r18-w8'
            self.add(
                'teacher', f'teacher-{name}', student=backbone, teacher=name, top1=0.65, wall_s=90.0
            )
            parents = (f'teacher-{name}',)
            self.add(
                'bank',
                f'bank-{name}',
                student=None,
                teacher=name,
                top1=None,
                parents=parents,
                wall_s=25.0,
            )
        teachers = tuple(f'teacher-{name}' for name in POOL)
        self.add('ensemble', 'ensemble', student=None, k=4, top1=0.75, parents=teachers, wall_s=5.0)
        for student in students:
            for seed in seeds:
                self._add_student(student, seed)

    def _add_student(self, student: str, seed: int) -> None:
        end = f'{student}-{seed}'
        for method, train_mib in (
            ('plain', 30.0),
            ('label_smoothing', 30.0),
            ('two_stream_dark_light', 55.0),
            ('two_stream_rgb_flow', 58.0),
        ):
            top1 = TOP1[method][seed]
            self.add(
                method,
                f'{method}-{end}',
                student=student,
                seed=seed,
                top1=top1,
                train_mib=train_mib,
            )
        for k, top1s in TOP1['distilled'].items():
            banks = tuple(f'bank-{name}' for name in POOL[:k])
            self.add(
                'ukd',
                f'ukd{k}-{end}',
                student=student,
                seed=seed,
                k=k,
                top1=top1s[seed],
                parents=banks,
            )
            teachers = tuple(f'teacher-{name}' for name in POOL[:k])
            self.add(
                *('naive', f'naive{k}-{end}'),
                **dict(student=student, seed=seed, k=k, top1=top1s[seed], parents=teachers),
                **dict(train_mib=30.0 + 8 * k, wall_s=100.0 + 30 * k),
            )

    def add_other_methods(self, student: str, seed: int) -> None:
        """A student of every further method, as those of :meth:`_add_student` are."""
        end = f'{student}-{seed}'
        same = dict(student=student, seed=seed)

        def parents(part: str, k: int) -> tuple[str, ...]:
            return tuple(f'{part}-{name}' for name in POOL[:k])

        self.add('wide', f'wide-{end}', **same, top1=0.5875, train_mib=52.0)
        own = dict(teacher=f'self-{student}-s{seed}', seed=1000 + seed, wall_s=90.0)
        self.add('teacher', f'own-{end}', student=student, top1=0.575, **own)
        own['wall_s'] = 25.0
        self.add('bank', f'own-bank-{end}', student=None, top1=None, parents=(f'own-{end}',), **own)
        self.add('self', f'self-{end}', **same, k=1, top1=0.6, parents=(f'own-bank-{end}',))
        for k in (1, 2, 4):
            epochs = math.ceil(40 * (3 + k) / 3)
            longer = dict(epochs=epochs, full_epochs=epochs, wall_s=2.5 * epochs)
            self.add('plain_long', f'plain_long{k}-{end}', **same, k=k, top1=0.575, **longer)
            for method, top1 in BANKED.items():
                banks = parents('bank', k)
                self.add(method, f'{method}{k}-{end}', **same, k=k, top1=top1, parents=banks)
            teachers = parents('teacher', k)
            self.add(
                'precomputed', f'precomputed{k}-{end}', **same, k=k, top1=0.6, parents=teachers
            )
            for method, train_mib in (('naive_graph', 30.0 + 20 * k), ('swap', None)):
                values = dict(top1=TOP1['distilled'][k][seed], train_mib=train_mib)
                self.add(method, f'{method}{k}-{end}', **same, k=k, parents=teachers, **values)
        for k in (1, 2, 3, 4):
            before = (f'chain{k - 1}-{end}',) if k > 1 else ()
            stages = (f'bank-{POOL[k - 1]}', *before)
            self.add('chain', f'chain{k}-{end}', **same, k=k, top1=0.6 + 0.0125 * k, parents=stages)
        for k in (2, 4):
            peak = dict(train_mib=30.0 * k, wall_s=100.0 * k)
            self.add('mutual', f'mutual{k}-{end}', **same, k=k, top1=0.6, **peak)

    def add_own_method(self, method: str, student: str) -> None:
        """Students of a method that ``methods`` describes, as near UKD's as can be."""
        for seed in self.seeds:
            for k, top1s in TOP1['distilled'].items():
                banks = tuple(f'bank-{name}' for name in POOL[:k])
                values = dict(student=student, seed=seed, k=k, top1=top1s[seed], parents=banks)
                self.add(method, f'{method}{k}-{student}-{seed}', **values)

    def add(self, method: str, key: str, **values: Any) -> dict[str, Any]:
        """Adds one record and returns it."""
        self.records[key] = record(method, key=key, **values)
        return self.records[key]

    def select(self, method: str, k: int | None = None) -> list[dict[str, Any]]:
        """The records of a method, for a test to change in place."""
        return [
            r
            for r in self.records.values()
            if r['method'] == method and k in (None, r['num_teachers'])
        ]

    def lose(self, key: str, status: str, error: str) -> None:
        """The run leaves a state and no record."""
        self.states[key] = {'status': status, 'error': error}

    def plan(self) -> dict[str, Any]:
        """The plan that covers every record."""
        names = (
            'key',
            'execution',
            'method',
            'student',
            'teacher',
            'num_teachers',
            'seed',
            'split',
            'parents',
        )
        rows = [
            {
                **{name: item[name] for name in names},
                'folder': f'{item["key"]}-{item["execution"]}',
                'epochs': item['schedule']['epochs'],
                'full_epochs': item['schedule']['full_epochs'],
                **({'regimes': self.regimes_of[item['key']]} if self.regimes else {}),
            }
            for item in self.records.values()
        ]
        return {
            **{'schema': 2, 'name': 'made-up', 'dataset': self.dataset},
            **{'claims_sha256': self.claims_sha256, 'pool': POOL, 'runs': rows},
            **({'methods': self.methods} if self.methods else {}),
            **({'regimes': self.regimes} if self.regimes else {}),
        }

    def write(self, root: Path) -> Path:
        """Writes plan, records and scores."""
        root.mkdir(parents=True, exist_ok=True)
        write_plan(root / 'plan.json', self.plan())
        for key, item in self.records.items():
            folder = root / f'{key}-{item["execution"]}'
            folder.mkdir(exist_ok=True)
            if key in self.states:
                (folder / 'state.json').write_text(json.dumps(self.states[key]))
            else:
                self._write_run(folder, copy.deepcopy(item))
        return root

    def _write_run(self, folder: Path, item: dict[str, Any]) -> None:
        if item['status'] == 'done' and item['metrics'] is not None:
            made = scores(item['metrics']['top1'], item['seed'])
            np.savez(folder / 'scores.npz', **made)
            # Metrics are those of the scores, however near a test came with its own.
            tested = Scores(**made).metrics()
            item['metrics'] |= {
                name: most
                for name, (_, most) in tested.items()
                if abs(item['metrics'][name] - most) > 1e-9
            }
            item['hashes']['scores'] = file_sha256(folder / 'scores.npz')
            if item['hashes']['student_state'] is not None:
                (folder / 'curve.csv').write_text(self.curve)
                item['hashes']['curve'] = file_sha256(folder / 'curve.csv')
        write_sealed(folder / 'record.json', item)


def change_sealed(path: Path, value: Any, *keys: str | int) -> None:
    """Changes one value of a record or plan, and its digest with it, as a forger would."""
    content = json.loads(path.read_text())
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    write_sealed(path, content)
