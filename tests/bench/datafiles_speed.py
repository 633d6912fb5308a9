"""Speed and memory of reading and writing data files: `python -m tests.bench.datafiles_speed`.

200,000 rows of six columns in each format, ours against the simplest thing the same library can do (all rows
in a list), each in a process of its own on the same data; memory is how far the peak rises above the start,
at 20,000 and at 200,000 rows.

The median of the repeats is given. Options: --rows N, --repeats N, --json FILE.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

_COMMON = """
import csv, resource, sys, time
import openpyxl, pyarrow as pa, pyarrow.parquet as pq, xlsxwriter
import coding_app.datafiles.csv_file, coding_app.datafiles.parquet_file
import coding_app.datafiles.xlsx_file, coding_app.datafiles.xlsx_writer
from coding_app.datafiles import Row, read_rows, sniff, write_rows

path, count = sys.argv[1], int(sys.argv[2])
header = ['id', 'occupation', 'industry', 'age', 'place', 'remark']
JOBS = ['baker and confectioner', '초등학교 교사', 'fitter, marine', '  clerk (bank) ', '5" pipes', '주방장']
def make(number):
    job = JOBS[number % 6]
    return (f'{number:08d}', job, f'{job} works {number % 97}', str(number % 80), '서울특별시', '')
def rows():
    return map(make, range(count))
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, began = peak(), time.perf_counter()
"""
_REPORT = """
print(time.perf_counter() - began, peak() - before)
"""
_READ_OURS = """
found = 0
for row in read_rows(path, sniff(path)):
    found += type(row) is Row
assert found == count, found
"""
NAIVE_READ = {
    "csv": """
with open(path, encoding='utf-8-sig', newline='') as file:
    data = list(csv.reader(file))
assert len(data) == count + 1
""",
    "xlsx": """
sheet = openpyxl.load_workbook(path).active
data = [['' if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]
assert len(data) == count + 1
""",
    "parquet": """
table = pq.read_table(path)
data = list(zip(*(column.to_pylist() for column in table.columns)))
assert len(data) == count
""",
}
NAIVE_WRITE = {
    "csv": """
data = list(rows())
with open(path, 'w', encoding='utf-8-sig', newline='') as file:
    csv.writer(file).writerows([header, *data])
""",
    "xlsx": """
data = list(rows())
book = openpyxl.Workbook()
for row in [header, *data]:
    book.active.append(row)
book.save(path)
""",
    "parquet": """
data = list(rows())
columns = [pa.array(column, pa.string()) for column in zip(*data)]
pq.write_table(pa.Table.from_arrays(columns, names=header), path, compression='zstd')
""",
}


def measure(work: str, path: Path, rows: int) -> tuple[float, float]:
    """(seconds, MiB the peak memory rose) of the work in a fresh process."""
    command = [sys.executable, "-c", _COMMON + work + _REPORT, str(path), str(rows)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds, grown = done.stdout.split()
    return float(seconds), int(grown) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sizes = (options.rows // 10, options.rows)
    results: list[dict[str, object]] = []
    print(f"{'':24}{'rows/s':>12}{f'MiB at {sizes[0]:,}':>18}{f'MiB at {sizes[1]:,}':>18}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("csv", "xlsx", "parquet"):
            write_ours = f"write_rows(path, {kind!r}, header, rows())\n"
            # Ours is written last at each size, so that both readers read the same file.
            for what, work in (
                ("write, naive", NAIVE_WRITE[kind]),
                ("write", write_ours),
                ("read, naive", NAIVE_READ[kind]),
                ("read", _READ_OURS),
            ):
                memory = []
                for rows in sizes:
                    path = Path(folder) / f"{rows}.{kind}"
                    found = [measure(work, path, rows) for _ in range(options.repeats)]
                    memory.append(statistics.median(grown for _, grown in found))
                    speed = rows / statistics.median(seconds for seconds, _ in found)
                print(f"{kind + ' ' + what:24}{speed:12,.0f}{memory[0]:18.1f}{memory[1]:18.1f}", flush=True)
                results.append({"kind": kind, "what": what, "rows_per_second": speed, "peak_mib": memory})
    if options.json:
        options.json.write_text(json.dumps({"rows": sizes, "results": results}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
