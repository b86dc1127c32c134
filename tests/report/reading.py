"""Reads a report's files back as those do who get them: their text, and the cells of tables."""

import csv
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from markdown_it import MarkdownIt

SPACES = re.compile(r'[ \t\r\n]+')
_TEX = {
    r'\textbackslash{}': '\\', r'\textasciicircum{}': '^', r'\textasciitilde{}': '~',
    r'\textless{}': '<', r'\textgreater{}': '>', r'\textquotedbl{}': '"', r'\textbar{}': '|',
    r'\textasciigrave{}': '`', r'$\pm$': '±', '$-$': '−', r'$\times$': '×', r'\dag{}': '†',
    r'\ddag{}': '‡', r'\dots{}': '…', '``': '``', **{f'\\{sign}': sign for sign in '{}$&#%_'},
}  # fmt: skip
"""What the suite writes for signs that mean something to LaTeX."""
_TEX_PART = re.compile(
    '|'.join(map(re.escape, sorted(_TEX, key=len, reverse=True))) + r'|[^\\{}$&#%_^~<>"|`]'
)


def flat(text):
    """Text with one space for any number of blanks, as pages show it."""
    return SPACES.sub(' ', text).strip()


class Html(HTMLParser):
    """A page: its elements, its text outside of scripts and styles, labels, and rows of cells.

    ``values`` has the numbers by which cells are sorted, None where a cell has none.
    """

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.labels = [], set(), []
        self.rows, self.values, self.figures = [], [], []
        self._parts, self._inside, self._cell = [], [], None
        self.feed(markup)
        self.close()
        self.text = flat(' '.join(self._parts))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.labels += [flat(value) for name, value in attrs if name in ('aria-label', 'alt')]
        if tag in ('script', 'style'):
            self._inside.append(tag)
        elif tag == 'tr':
            self.rows.append([])
            self.values.append([])
        elif tag in ('td', 'th', 'dd'):
            self._cell = []
            if tag != 'dd':
                value = dict(attrs).get('data-value')
                self.values[-1].append(None if value is None else float(value))

    def handle_endtag(self, tag):
        if self._inside[-1:] == [tag]:
            self._inside.pop()
        elif tag in ('td', 'th', 'dd'):
            (self.figures if tag == 'dd' else self.rows[-1]).append(flat(''.join(self._cell)))
            self._cell = None

    def handle_data(self, data):
        if not self._inside:
            self._parts.append(data)
        if self._cell is not None:
            self._cell.append(data)


def markdown(text):
    """Markdown as the page that a reader of it makes: tables, and the HTML that stands in it."""
    return Html(MarkdownIt('commonmark').enable('table').render(text))


def tex_text(source):
    """The text that LaTeX shows of an escaped one; an unescaped sign of its own fails."""
    shown, at = [], 0
    while at < len(source):
        part = _TEX_PART.match(source, at)
        assert part, f'LaTeX reads a command: {source[at : at + 30]!r}'
        shown.append(_TEX.get(part[0], part[0]))
        at = part.end()
    return flat(''.join(shown))


_TEX_LINE = re.compile(
    r'\\(begin|end)\{table\}|\\centering|\\(top|mid|bottom)rule|\\end\{tabular\}|\\addlinespace|'
    r'\\begin\{tabular\}\{[lr]+\}|\\label\{tab:[A-Za-z0-9-]+\}|'
    r'\\caption\{(?P<caption>.*)\}|\\par\\footnotesize (?P<note>.*)|'
    r'\\multicolumn\{\d+\}\{l\}\{\\textbf\{(?P<group>.*)\}\} \\\\'
)


def tex(source):
    """The rows of a table, its headings of groups included, and its caption and notes."""
    rows, texts = [], []
    for line in filter(None, source.split('\n')):
        if known := _TEX_LINE.fullmatch(line):
            texts += [tex_text(one) for one in known.groupdict().values() if one]
        else:
            assert line.endswith(r' \\'), line
            cells = re.split(r'(?<!\\) ?& ', line.removesuffix(r' \\'))
            rows.append([tex_text(cell) for cell in cells])
    return rows, texts


def as_tex(text):
    """Text but for the signs that LaTeX has one way to write for two of."""
    for sign, plain in (('’', "'"), ('“', '``'), ('”', "''"), ('–', '--'), ('\u2060', '')):
        text = text.replace(sign, plain)
    return flat(text)


def rows_of_csv(path):
    """The rows of a file, by its titles."""
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


def svg_texts(source):
    """The texts of a figure, which must be XML."""
    return [flat(''.join(one.itertext())) for one in ElementTree.fromstring(source).iter(
        '{http://www.w3.org/2000/svg}text'
    )]  # fmt: skip
