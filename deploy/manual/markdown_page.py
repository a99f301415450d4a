#!/usr/bin/env python3
"""Turns the Markdown of docs/ into a manual page: markdown_page.py PAGE SECTION SUMMARY FILE.

It knows what docs/reference/configuration.md uses: headings, paragraphs, lists, tables, code, links, comments. Everything
else is an error, so that nothing is left out without a word. The date is that of SOURCE_DATE_EPOCH, or today.
"""
import os
import re
import sys
import time

# The text of a Markdown table's cell, list entry or paragraph.
INLINE = re.compile(r'`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)]+)\)')


def troff(text):
    """Text in which troff's own characters have no meaning."""
    text = text.replace('\\', '\\e').replace('-', '\\-').replace('"', '\\(dq')
    text = text.replace('~', '\\(ti').replace('^', '\\(ha')
    return '\\&' + text if text.startswith(('.', "'")) else text


def inline(text):
    out, end = '', 0
    for found in INLINE.finditer(text):
        out += troff(text[end:found.start()])
        code, strong, emphasis, link, _ = found.groups()
        if code or strong:
            out += '\\fB' + troff(code or strong) + '\\fR'
        elif emphasis:
            out += '\\fI' + troff(emphasis) + '\\fR'
        else:
            out += inline(link)
        end = found.end()
    out += troff(text[end:])
    return '\\&' + out if out.startswith(('.', "'")) else out


def cells(row):
    """The cells of a table's row; a bar behind a backslash belongs to its cell."""
    return [cell.strip().replace('\\|', '|') for cell in re.split(r'(?<!\\)\|', row.strip()[1:-1])]


def table(rows):
    """An entry per row: the first cell, what the middle ones are, and the last one."""
    header = cells(rows[0])
    for row in map(cells, rows[2:]):
        yield '.TP'
        yield inline(row[0]) if row[0] else '\\ '
        facts = [f'{name}: {cell}' if name else cell for name, cell in zip(header[1:-1], row[1:-1]) if cell]
        last = f'{header[-1]}: {row[-1]}' if header[-1] and len(header) > 2 else row[-1]
        text = '; '.join(facts) + ('. ' if facts and last else '') + last
        yield inline(text) if text else '\\ '


def blocks(lines):
    """Pairs of a kind and the lines of it."""
    at = 0
    while at < len(lines):
        begin = at
        if lines[at].startswith('```'):
            at = lines.index('```', at + 1) + 1
            yield 'code', lines[begin + 1:at - 1]
        elif lines[at].startswith('<!--'):
            while '-->' not in lines[at]:
                at += 1
            at += 1
        elif lines[at].startswith('#'):
            at += 1
            yield 'heading', lines[begin:at]
        elif not lines[at].strip():
            at += 1
        elif lines[at].startswith('|'):
            while at < len(lines) and lines[at].startswith('|'):
                at += 1
            yield 'table', lines[begin:at]
        elif re.match(r'(- |\d+\. )', lines[at]):
            at += 1
            while at < len(lines) and lines[at].startswith('  '):
                at += 1
            yield 'entry', lines[begin:at]
        else:
            while at < len(lines) and lines[at].strip() and not lines[at].startswith(('```', '|', '#', '- ')):
                at += 1
            yield 'text', lines[begin:at]


def page(lines):
    after_heading = True
    for kind, content in blocks(lines):
        text = ' '.join(line.strip() for line in content)
        if kind == 'heading':
            level, title = re.match(r'(#+) (.*)', text).groups()
            title = title.replace('`', '')
            yield f'.SH "{troff(title.upper())}"' if len(level) <= 2 else f'.SS "{troff(title)}"'
        elif kind == 'code':
            yield from ([] if after_heading else ['.PP']) + ['.nf'] + [troff(line) for line in content] + ['.fi']
        elif kind == 'table':
            yield from table(content)
        elif kind == 'entry':
            mark, text = re.match(r'(-|\d+\.) (.*)', text).groups()
            yield from [f'.IP {"-" if mark == "-" else mark} 4'.replace(' - ', ' \\(bu '), inline(text)]
        else:
            yield from ([] if after_heading else ['.PP']) + [inline(text)]
        after_heading = kind == 'heading'


def main(name, section, summary, file):
    day = time.strftime('%Y-%m-%d', time.gmtime(int(os.environ.get('SOURCE_DATE_EPOCH', time.time()))))
    with open(file, encoding='utf-8') as source:
        lines = source.read().splitlines()
    if not lines[0].startswith('# '):
        sys.exit(f'{file}: the first line is no heading')
    print(f'.TH "{troff(name.upper())}" "{section}" "{day}" "Hivemark" "Hivemark"')
    print(f'.SH "NAME"\n{troff(name)} \\- {troff(summary)}\n.SH "DESCRIPTION"')
    print('\n'.join(page(lines[1:])))
    print('.SH "SEE ALSO"\n\\fBhived\\fR(8), \\fBhivectl\\fR(1)')


if __name__ == '__main__':
    main(*sys.argv[1:])
