"""The section on memory at full size: its table, figure and provenance, on a page and printed."""

import hashlib
import re

import pytest
from matplotlib.figure import Figure

from tests.results.made_up_memory import COUNTS, MIB, PARTS, MadeUpMemory, row
from ukd_bench.methods.known import KnownMethods
from ukd_bench.report.__main__ import main
from ukd_bench.report.figures.full_size import full_size_figure
from ukd_bench.report.findings import findings_text
from ukd_bench.report.page import write_report
from ukd_bench.report.tables.full_size import every_figure, full_size_table, own_scale_table
from ukd_bench.results import formatting
from ukd_bench.results.full_size import FullSize
from ukd_bench.results.load_full_size import load_full_size

METHODS = KnownMethods()


@pytest.fixture(scope='module')
def files():
    measured = MadeUpMemory(predicted=False)
    measured.rows = [one for one in measured.rows if one['num_teachers'] <= 4]
    for one in measured.rows:
        one['allocated_peak_bytes'] += 100 * MIB
    large = MadeUpMemory()
    large.select('mutual', 64).update(row('mutual', 64, 'train', None))
    return {'large': large, 'measured': measured, 'other': MadeUpMemory('x3d-m', 'X3D-M', naive=33)}


@pytest.fixture(scope='module')
def memory(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp('memory')
    for name, one in files.items():
        one.write(folder, name)
    return folder


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    from tests.results.made_up import MadeUpSweep

    return MadeUpSweep(seeds=(0,)).write(tmp_path_factory.mktemp('sweep') / 'results')


@pytest.fixture(scope='module')
def page(results, memory):
    out = results.parent / 'out'
    write_report(results, out, memory=memory)
    return out


def test_the_table_by_hand(memory):
    table = full_size_table(load_full_size(memory), METHODS)
    titles = [column.title for column in table.columns]
    assert titles == [
        *('Method', 'Basis', 'No K', *(f'K = {k}' for k in COUNTS)),
        *('× plain, largest K', 'Pipeline, GiB'),
    ]
    assert table.groups == ((0, 'R(2+1)D-34'), (14, 'X3D-M'))
    rows = {row[:2]: row[2:] for row in table.rows[:14]}
    dash = formatting.DASH
    assert rows['Naive', 'predicted'] == (
        *(dash, '4.25', '4.50', '5.00', '6.00', '8.00', '12.00', '20.00', '5.000', '20.00'),
    )
    # 4096 + 1024 + 100 MiB, on a floor of 4196; no training of a teacher is larger.
    assert rows['Naive', 'measured'] == (
        *(dash, '4.35', '4.60', '5.10', dash, dash, dash, dash, '1.244', '5.10'),
    )
    assert rows['UKD', 'predicted'] == (dash, *['4.00'] * 7, '1.000', '4.88')
    assert rows['Plain', 'predicted'] == ('4.00', *[dash] * 7, '1.000', '4.00')
    assert rows['Mutual learning', 'predicted'][-3:] == ('out of memory', dash, dash)
    assert any(note.startswith('Predicted: ') for note in table.notes)
    (setting,) = (note for note in table.notes if note.startswith('X3D-M: '))
    assert setting == (
        'X3D-M: batches of 8 clips of 3 × 32 × 112 × 112, float32, memory of cuda; 63,600,000 '
        'parameters; a teacher (x3d-m) weighs 256.0 MiB.'
    )


def test_every_number_of_the_files_is_on_the_page(page, files):
    for name in ('index.html', 'report.md'):
        text = (page / name).read_text()
        cells = {*re.findall(r'<td[^>]*>([^<]*)</td>', text)} | {
            *re.findall(r'\| ([^|\n]*?) ', text)
        }
        numbers = [
            value
            for one in files.values()
            for line in one.rows
            for value in (
                *(line[key] for key in line if key.endswith('_bytes')),
                *(line['breakdown'] or {}).values(),
            )
            if value is not None
        ]
        assert len(numbers) > 500
        missing = {formatting.mib(value) for value in numbers} - cells
        assert not missing, name


def test_k_of_the_same_figures_share_a_row(memory):
    peaks, parts, *_ = every_figure(load_full_size(memory), METHODS)
    assert all(table.folded for table in (peaks, parts))
    counts = {}
    for name, k, phase, figures, *_ in peaks.rows:
        if (phase, figures) == ('training', 'predicted'):
            counts.setdefault(name, []).append(k)
    assert counts['UKD'] == ['1, 2, 4, 8, 16, 32 and 64']
    assert counts['Naive'] == [*map(str, COUNTS)]
    assert counts['Teacher (r2plus1d-r34)'] == [formatting.DASH]
    assert [column.title for column in parts.columns[4:]] == [
        f'{part.capitalize()}, MiB' for part in PARTS
    ]
    assert {line[3] for line in parts.rows} == {'predicted'}


def test_a_sweeps_own_students_have_a_section_of_their_own(memory):
    everything = load_full_size(memory)
    assert own_scale_table(everything, METHODS) is None
    mixed = everything.beside(['x3d-m'])
    large, own = full_size_table(mixed, METHODS), own_scale_table(mixed, METHODS)
    assert [title for _, title in large.groups] == ['R(2+1)D-34']
    assert [title for _, title in own.groups] == ['X3D-M'] and len(own.rows) + 14 == len(
        full_size_table(everything, METHODS).rows
    )
    assert {one['student'] for one in own.drawing.points} == {'X3D-M'}
    assert (large.drawing.name, own.drawing.name) == ('full-size', 'own-scale')
    # Where nothing else is there, figures at full size are missing.
    none = everything.beside(['x3d-m', 'r2plus1d-r34'])
    assert 'No figures at full size are there' in full_size_table(none, METHODS).lead


def test_the_section_stands_after_the_other_tables_of_memory(page):
    html, text = ((page / name).read_text() for name in ('index.html', 'report.md'))
    ids = re.findall(r'<h2 id="([^"]+)"', html)
    assert ids[ids.index('slopes') :][:3] == ['slopes', 'full-size', 'cost']
    assert '<a href="#full-size">Memory at full size</a>' in html
    assert 'href="#full-size-1"' not in html, 'folded tables are no chapters'
    assert html.count('<details class="folded"') == text.count('<details><summary>') - 1 == 6
    assert '![Training peak at full size, GiB allocated' in text
    assert (page / 'figures' / 'full-size.svg').read_text().startswith('<?xml')
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert {*re.findall(r'(?:href="#|url\(#)([^")]+)', html)} <= {*ids}


def test_findings_say_what_they_rest_on(page):
    text = (page / 'report.md').read_text()
    assert '- R(2+1)D-34, full size (predicted): SUPPORTED. Naive grows by' in text
    own = '- r2plus1d-r18-w8 (measured, decides nothing here): SUPPORTED. Naive grows by 8.00'
    assert own in text
    html = (page / 'index.html').read_text()
    assert '<h4>R(2+1)D-34, full size, naive, swapped (predicted): not supported</h4>' in html


def test_provenance_names_each_file_its_hash_and_its_command(page, memory):
    text = (page / 'report.md').read_text()
    for name in ('large', 'measured', 'other'):
        sha256 = hashlib.sha256((memory / f'{name}.json').read_bytes()).hexdigest()
        assert f'| Full size: {name}.json | SHA-256 {sha256}; made on Made-up CPU by: ' in text
    assert 'ukd-bench measure memory --student x3d-m --predict' in text
    assert str(memory) not in text


def test_equal_figures_give_equal_bytes(page, results, memory):
    # Beside the other, since pages link to records from where they lie.
    again = page.parent / 'again'
    write_report(results, again, memory=memory)
    for name in ('index.html', 'report.md', 'figures/full-size.svg', 'figures/full-size.png'):
        assert (again / name).read_bytes() == (page / name).read_bytes(), name


def drawn(full_size, monkeypatch):
    """The axes of the figure."""
    kept = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, 'savefig', lambda self, *a, **k: (kept.append(self), save(self, *a, **k))
    )
    drawing = full_size_figure(full_size, METHODS)
    return drawing, kept[0].axes


def test_predicted_is_drawn_unlike_measured(memory, monkeypatch):
    drawing, (large, small) = drawn(load_full_size(memory), monkeypatch)
    assert [ax.get_title(loc='left') for ax in (large, small)] == ['R(2+1)D-34', 'X3D-M']
    blue = METHODS.look('ukd').colour
    lines = [line for line in large.lines if line.get_color() == blue]
    # Files in the order of their names: predicted first.
    assert [line.is_dashed() for line in lines] == [True, False]
    assert [len(line.get_xdata()) for line in lines] == [7, 3]
    assert [*lines[0].get_xdata()] == [0, 1, 2, 3, 4, 5, 6] and {*lines[0].get_ydata()} == {2.0}
    assert [label.get_text() for label in large.get_xticklabels()] == ['0', *map(str, COUNTS)]
    texts = [text.get_text() for text in large.texts]
    assert {'UKD', 'Plain', 'Naive', '11 GiB', '24 GiB', '80 GiB'} <= {*texts}
    assert not [text for text in small.texts if 'GiB' not in text.get_text()]
    white = [one for one in large.collections if one.get_facecolor()[0].tolist() == [1, 1, 1, 1]]
    assert 0 < len(white) < len(large.collections)
    assert 'Open markers, dashed lines: predicted' in drawing.caption


@pytest.mark.parametrize('count', [1, 2, 4])
def test_a_panel_a_student(count, tmp_path, monkeypatch):
    for index in range(count):
        MadeUpMemory(f's{index}', None).write(tmp_path)
    _, panels = drawn(load_full_size(tmp_path), monkeypatch)
    assert len(panels) == count


def test_nothing_to_draw(tmp_path):
    assert full_size_figure(FullSize(), METHODS) is None
    made = MadeUpMemory()
    made.rows = [row('plain', 0, 'train', None), row('ukd', 1, 'eval', 500)]
    assert full_size_figure(load_full_size(made.write(tmp_path)), METHODS) is None


def test_a_method_that_the_sweep_does_not_know(tmp_path, results):
    made = MadeUpMemory()
    made.rows += [row('my_way', 2, 'train', 4500), row('my_way', 2, 'eval', 1200)]
    report = write_report(results, tmp_path / 'out', memory=made.write(tmp_path / 'memory'))
    assert '| My way | predicted | – | – | 4.39 |' in report.markdown.read_text()


def test_without_figures_a_sentence_says_how_they_are_made(results, tmp_path):
    report = write_report(results, tmp_path)
    text = report.markdown.read_text()
    (section,) = re.findall(r'## Memory at full size\n\n(.*?)\n\n', text)
    assert 'No figures at full size are there.' in section
    assert 'ukd-bench measure memory --json FILE' in section and '--memory DIR' in section
    assert not (tmp_path / 'figures' / 'full-size.svg').exists()


def test_the_command_takes_a_folder(results, memory, tmp_path, capsys):
    given = ['--memory', str(memory)]
    assert main([str(results), '--out', str(tmp_path), *given]) == 0
    assert 'At full size,' in capsys.readouterr().out
    assert main([str(results), '--findings', *given]) == 0
    printed = capsys.readouterr().out
    assert printed == findings_text(results, memory=memory)
    assert '### Memory at full size' in printed and 'figures/full-size.svg' not in printed
    assert main([str(results), '--out', str(tmp_path), '--memory', str(tmp_path / 'none')]) == 2
    error = capsys.readouterr().err
    assert error.startswith('error: ') and 'no such folder of figures' in error
