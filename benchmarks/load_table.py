"""What a day under load came to: the stretches of each database, then what was asked for, met or missed."""

from collections.abc import Mapping

from benchmarks.load_day import Day, Kept
from benchmarks.waves import Wave, percentile

MOST_P99_MS, MOST_WELL_S, MOST_MIB = 1000, 30, 512
_STRETCHES = (
    "| database | stretch | came | a second | answered | turned away (503) | failed | p50 | p95 | p99"
    " | slowest | crowd late, p99 | `/healthz`, slowest | memory |",
    "|" + "---|" * 14,
)


def table(found: Mapping[str, tuple[Day, Kept]]) -> str:
    """Markdown; `found` by the database's name."""
    lines = list(_STRETCHES)
    for kind, (day, _) in found.items():
        lines += [_stretch(kind, wave) for wave in day.waves]
    lines += ["", "| what is asked | " + " | ".join(found) + " |", "|" + "---|" * (1 + len(found))]
    told = [_asked(day, kept) for day, kept in found.values()]
    lines += [
        f"| {row[0][0]} | " + " | ".join(value for _, value in row) + " |" for row in zip(*told, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1000 * seconds:,.0f} ms"


def _stretch(kind: str, wave: Wave) -> str:
    faults = ", ".join(f"{count} {name}" for name, count in wave.faults.items())
    cells = (
        kind,
        wave.name,
        f"{wave.people:,}",
        f"{wave.rate:.3g}",
        f"{len(wave.answered):,}",
        f"{len(wave.turned_away):,}",
        faults or "0",
        *(_ms(percentile(wave.answered, share)) for share in (0.5, 0.95, 0.99, 1.0)),
        _ms(percentile(wave.late, 0.99)),
        _ms(percentile(wave.alive, 1.0)),
        f"{wave.most_mib:.0f} MiB",
    )
    return "| " + " | ".join(cells) + " |"


def _asked(day: Day, kept: Kept) -> list[tuple[str, str]]:
    """Each sentence of the issue, and what came of it."""
    usual = (day.opening, day.usual)
    refused = sum(len(wave.turned_away) + wave.faults.total() for wave in usual)
    failed = sum(wave.faults.total() for wave in day.waves)
    rush = len(day.rush.answered) + len(day.rush.turned_away)
    away = 100 * len(day.rush.turned_away) / max(1, rush)
    return [
        ("opening and sending: failed or turned away (0)", _judged(f"{refused:,}", refused == 0)),
        ("opening, p99 of a request, five each (≤ 1 s)", _p99(day.opening)),
        ("sending, p99 (≤ 1 s)", _p99(day.usual)),
        ("the rush: turned away with 503 and `Retry-After`", f"{away:.0f} %"),
        ("all of it: failed otherwise (0)", _judged(f"{failed:,}", failed == 0)),
        (
            f"nobody turned away any more after (≤ {MOST_WELL_S} s)",
            _judged(f"{day.well_after_s:.1f} s", day.well_after_s <= MOST_WELL_S),
        ),
        ("sending after the rush, p99 (≤ 1 s)", _p99(day.after)),
        (
            f"all our processes, most memory (≤ {MOST_MIB} MiB)",
            _judged(f"{day.most_mib:.0f} MiB", day.most_mib <= MOST_MIB),
        ),
        ("receipts without a stored response (0)", _judged(f"{kept.lost:,}", kept.lost == 0)),
        (
            "receipts; responses = scored = in the outbox = on the trail",
            _judged(f"{kept.receipts:,}; {kept.responses:,}", kept.agree),
        ),
    ]


def _p99(wave: Wave) -> str:
    found = percentile(wave.requests, 0.99)
    return (
        "nobody was answered, missed" if found is None else _judged(_ms(found), 1000 * found <= MOST_P99_MS)
    )


def _judged(value: str, met: bool) -> str:
    return f"{value}, {'met' if met else 'missed'}"
