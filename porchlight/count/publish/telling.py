"""What the report says: published counts, shares and rates put into sentences, tables and charts, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from porchlight.count.cells import Audited, Dimension, Key, Table, Unit
from porchlight.count.fields import UNKNOWN
from porchlight.count.protect.estimates import AuditedEstimates
from porchlight.count.publish.charts import Bar, bars, columns
from porchlight.count.publish.edition import Edition
from porchlight.count.publish.guesses import guesses
from porchlight.count.publish.labels import category, day, ends, span
from porchlight.count.publish.page import Chart, First, Page, Row, Section, View
from porchlight.count.publish.record import trend
from porchlight.count.publish.words import decimal, number, percent, say

__all__ = ["page"]


def page(
    audited: Audited, edition: Edition, language: str, estimates: AuditedEstimates | None = None
) -> Page:
    """What the report says in one language."""
    teller = _Teller(audited, edition, language)
    return Page(
        language=language,
        summary=tuple(teller.summary()),
        firsts=tuple(teller.firsts()),
        first_notes=tuple(teller.first_notes()),
        sections=tuple(each for each in teller.sections() if each is not None),
        hiding=tuple(teller.hiding()),
        methods=tuple(teller.methods()),
        caveats=tuple(
            teller.say(code) for code in ("caveat_hidden", "caveat_links", "caveat_years", "caveat_groups")
        ),
        lists=teller.lists(),
        edition=edition,
        guesses=guesses(estimates, language) if estimates else None,
    )


class _Teller:
    """Puts published counts into words, for one language."""

    def __init__(self, audited: Audited, edition: Edition, language: str) -> None:
        self.audited, self.edition, self.language = audited, edition, language
        self.tables = {table.name: table for table in audited.tables}
        self.victims_key = self.key(Unit.CHILDREN, decision="victim")
        self.victims = self.value(self.victims_key)

    def say(self, code: str, **values: object) -> str:
        return say(code, self.language, **values)

    def key(self, unit: Unit, **where: str) -> Key:
        return Key(self.edition.period, unit, frozenset(where.items()))

    def value(self, key: Key) -> int | None:
        return self.audited.value(key)

    def shown(self, key: Key) -> str:
        """The count, or why none stands here: never a zero for a hidden one."""
        count = self.value(key)
        if count is not None:
            return number(count)
        hidden = self.audited.hidden[key]
        return (
            self.say("few", hide=self.edition.hide)
            if hidden.high <= self.edition.hide
            else self.say("hidden")
        )

    def in_text(self, key: Key) -> str:
        count = self.value(key)
        return self.say("not_shown") if count is None else number(count)

    # --- what stands first -------------------------------------------------------------------------------------

    def summary(self) -> Iterator[str]:
        yield self.say("sum_reports", reports=self.in_text(self.key(Unit.REPORTS)))
        yield self.say("sum_determined", determined=self.in_text(self.key(Unit.DETERMINATIONS)))
        yield self.say("sum_served", served=self.in_text(self.key(Unit.SERVED)))
        children = self.key(Unit.CHILDREN)
        yield self.say("sum_children", children=self.in_text(children))
        low, high = self.audited.ranges.get(children, (0, 0))
        if low < high and self.value(children) is not None:
            yield self.say("sum_range", low=number(low), high=number(high))
        yield self.say("sum_victims", victims=self.in_text(self.victims_key))
        yield from self._ages_in_short()
        familial = self.key(Unit.CHILDREN, relationship="familial", decision="victim")
        yield from self._share_in_short("sum_family", familial)
        yield self.say("sum_more")

    def _ages_in_short(self) -> Iterator[str]:
        bands = [each for each in self.tables["ages"].dimensions[0].under(None) if each != UNKNOWN]
        known = [
            (self.value(self.key(Unit.CHILDREN, age=band, decision="victim")) or 0, band) for band in bands
        ]
        most, band = max(known)
        if most:
            key = self.key(Unit.CHILDREN, age=band, decision="victim")
            yield from self._share_in_short("sum_age", key, age=span(band, self.language))

    def _share_in_short(self, code: str, key: Key, **values: str) -> Iterator[str]:
        share, part = self.audited.share(key, self.victims_key), self.value(key)
        if share is not None and part is not None and self.victims:
            yield self.say(
                code, victims=number(self.victims), part=number(part), share=percent(share), **values
            )

    def firsts(self) -> Iterator[First]:
        for code, unit in _FIRSTS:
            yield First(self.shown(self.key(unit)), self.say(code))

    def first_notes(self) -> Iterator[str]:
        law = self.edition.jurisdiction == "US-KY"
        yield self.say("first_ky" if law else "first_any")
        yield self.say("first_apart")
        named = {each.id: each.name for each in self.edition.lists}
        chosen = self.edition.statute_lists or tuple(named)
        if chosen:
            yield self.say("first_lists", lists=", ".join(named.get(each, each) for each in chosen))
        if law:
            yield self.say("first_ky_more")

    # --- sections ----------------------------------------------------------------------------------------------

    def sections(self) -> Iterator[Section | None]:
        yield self.flow()
        yield self.children()
        yield self.by("ages", "age", notes=("ages_note",), rates=self._age_people)
        yield self.by("relationship", notes=("relationship_note",))
        yield self.by("exploitation", notes=("exploitation_note",))
        yield self.by("sex", notes=("sex_note",), chart=False)
        yield self.by("race_ethnicity", notes=("race_ethnicity_note",), chart=False)
        if "regions" in self.tables:
            yield self.by("regions", "region", notes=("regions_note",), rates=self._region_people)
        yield self.by("placement", chart=False)
        yield self.by("agencies", notes=("agencies_note",), chart=False)
        yield self.reporters()
        yield self.trend()
        yield self.more()

    def flow(self) -> Section:
        total = self.key(Unit.REPORTS)
        base = self.value(total)
        rows = [Row(self.say("step.all"), (self.shown(total), self.share(total, total)), total=True)]
        dimension = self.tables["flow"].dimensions[0]
        for step in dimension.categories:
            key = self.key(Unit.REPORTS, step=step)
            level = 2 if step in dimension.parents else 1
            rows.append(Row(self.say(f"step.{step}"), (self.shown(key), self.share(key, total)), level))
        said = "flow_base" if base is not None else "flow_base_none"
        view = View(
            self.say("flow_sum"),
            self.say(said, base=number(base or 0)),
            (self.say("dimension.step"), self.say("col_reports"), self.say("col_share")),
            tuple(rows),
        )
        return Section(
            "flow", self.say("flow"), (self.say("flow_note"),), chart=self._flow_chart(), tables=(view,)
        )

    def _flow_chart(self) -> Chart:
        keys = (
            ("step.all", self.key(Unit.REPORTS)),
            ("step.investigated", self.key(Unit.REPORTS, step="investigated")),
            ("step.determined", self.key(Unit.REPORTS, step="determined")),
            ("first_served", self.key(Unit.SERVED)),
        )
        return self.chart("flow", [(self.say(code), key, key.unit is Unit.SERVED) for code, key in keys])

    def children(self) -> Section:
        all_of = self.key(Unit.CHILDREN)
        notes = [self.say("children_note"), *([self.say("range_note")] if self.audited.ranges else [])]
        rows = [Row(self.say("children_all"), (self.shown(all_of), self.ranged(all_of)), total=True)]
        dimension = self.tables["decisions"].dimensions[0]
        for each in dimension.categories:
            key = self.key(Unit.CHILDREN, decision=each)
            level = 2 if each in dimension.parents else 1
            rows.append(Row(self.say(f"decision.{each}"), (self.shown(key), self.ranged(key)), level))
        view = View(
            self.say("children"),
            self.say("base_unit", unit=self.say("unit.children")),
            (self.say("dimension.decision"), self.say("col_count"), self.say("col_range")),
            tuple(rows),
        )
        return Section("children", self.say("children"), tuple(notes), tables=(view,))

    def by(
        self,
        name: str,
        dimension: str = "",
        *,
        notes: Sequence[str] = (),
        chart: bool = True,
        rates: Callable[[str], int] | None = None,
    ) -> Section:
        """Children by one dimension: those found to be victims, their share, their rate, and all who were named."""
        shape = self.tables[name].dimensions[0]
        dimension = dimension or name
        categories = shape.under(None)
        rates = rates if self.edition.population else None
        rows = [self._by_row(dimension, each, rates) for each in categories]
        rows.append(self._by_row("", "", (lambda _: self._people()) if rates else None))
        head = ["col_victims", "col_share", *(("col_rate",) if rates else ()), "col_all"]
        base = "base_victims" if self.victims is not None else "base_none"
        view = View(
            self.say(name),
            self.say(base, base=number(self.victims or 0)),
            (self.say(f"dimension.{dimension}"), *map(self.say, head)),
            tuple(rows),
        )
        drawn = [
            (
                category(dimension, each, self.language, self.edition),
                self.key(Unit.CHILDREN, **{dimension: each, "decision": "victim"}),
                False,
            )
            for each in categories
        ]
        return Section(
            name,
            self.say(name),
            tuple(map(self.say, notes)),
            self.chart(name, drawn, lit_most=True) if chart else None,
            (view,),
        )

    def _by_row(self, dimension: str, each: str, people: Callable[[str], int] | None) -> Row:
        where = {dimension: each} if dimension else {}
        key = self.key(Unit.CHILDREN, **where, decision="victim")
        cells = [self.shown(key), self.share(key, self.victims_key)]
        if people:
            cells.append(self.rate(key, people(each)))
        cells.append(self.shown(self.key(Unit.CHILDREN, **where)))
        label = category(dimension, each, self.language, self.edition) if dimension else self.say("total")
        return Row(label, tuple(cells), total=not dimension)

    def reporters(self) -> Section:
        total = self.key(Unit.REPORTS)
        categories = self.tables["reporters"].dimensions[0].categories
        rows = [
            Row(
                category("reporter_type", each, self.language, self.edition),
                (self.shown(key), self.share(key, total)),
            )
            for each in categories
            for key in [self.key(Unit.REPORTS, reporter_type=each)]
        ]
        rows.append(Row(self.say("total"), (self.shown(total), self.share(total, total)), total=True))
        base = self.value(total)
        view = View(
            self.say("reporters"),
            self.say("flow_base" if base is not None else "flow_base_none", base=number(base or 0)),
            (self.say("dimension.reporter_type"), self.say("col_reports"), self.say("col_share")),
            tuple(rows),
        )
        return Section("reporters", self.say("reporters"), tables=(view,))

    def trend(self) -> Section:
        years = trend(self.audited, self.edition)
        if len(years) < 2:
            return Section("trend", self.say("trend"), (self.say("trend_first"),))
        head = ["trend_reports", "trend_determined", "col_victims"]
        rated = any(year.get("rate") is not None for year in years)
        rows = []
        for year in years:
            told = [year["reports"], year["determined"], year["victims"]]
            cells = [number(each) if isinstance(each, int) else self.say("hidden") for each in told]
            if rated:
                rate = year.get("rate")
                cells.append(decimal(float(rate)) if rate is not None else "–")
            rows.append(Row(str(year["period"]), tuple(cells)))
        extra = (self.say("col_rate"),) if rated else ()
        view = View(self.say("trend"), "", (self.say("year"), *map(self.say, head), *extra), tuple(rows))
        title = self.say("trend_victims")
        drawn = [
            Bar(
                str(year["period"]),
                victims if isinstance(victims, int) else None,
                number(victims) if isinstance(victims, int) else self.say("hidden"),
                lit=at == len(years) - 1,
            )
            for at, year in enumerate(years)
            for victims in [year["victims"]]
        ]
        name = f"trend-{self.language}"
        chart = Chart("trend", lambda colors: columns(name, title, self.say("numbers_of"), drawn, colors))
        return Section("trend", self.say("trend"), (self.say("trend_note"),), chart, (view,))

    def more(self) -> Section:
        own = [table for name, table in self.tables.items() if name in self.edition.own_titles]
        views = [self._years()]
        if "regions_reports" in self.tables:
            views.append(self._long(self.tables["regions_reports"], self.say("regions_reports")))
        for table in own:
            titles = self.edition.own_titles[table.name]
            views.append(self._long(table, titles.get(self.language) or next(iter(titles.values()))))
        return Section("more", self.say("more_tables"), tables=tuple(views))

    def _years(self) -> View:
        ages = self.tables["ages"].dimensions[0]
        rows = [self._by_row("age", each, None) for each in ages.categories if each in ages.parents]
        head = ("col_victims", "col_share", "col_all")
        base = "base_victims" if self.victims is not None else "base_none"
        return View(
            self.say("years"),
            self.say(base, base=number(self.victims or 0)),
            (self.say("dimension.age"), *map(self.say, head)),
            tuple(rows),
        )

    def _long(self, table: Table, title: str) -> View:
        """Any table: the last dimension across where it is short, else one row for each count."""
        *down, last = table.dimensions
        across = len(last.categories) <= _MANY_COLUMNS and bool(down)
        if not across:
            down = [*down, last]
        head = [self.say(f"dimension.{down[0].name}")]
        head += [category(last.name, each, self.language, self.edition) for each in last.categories if across]
        rows = []
        for where, label, level in self._down(down):
            cells = [where | {last.name: each} for each in last.categories] if across else []
            keys = [self.key(table.unit, **each) for each in (*cells, where)]
            rows.append(Row(label, tuple(self.shown(key) for key in keys), level, total=not where))
        base = self.say("base_unit", unit=self.say(f"unit.{table.unit}"))
        return View(title, base, (*head, self.say("col_all_of")), tuple(rows))

    def _down(self, dimensions: Sequence[Dimension]) -> Iterator[tuple[dict[str, str], str, int]]:
        """Rows for each category, those of a second or third dimension set in under those of the first."""
        yield from self._under(dimensions, {}, 0)
        yield {}, self.say("total"), 0

    def _under(
        self, dimensions: Sequence[Dimension], where: dict[str, str], level: int, parent: str | None = None
    ) -> Iterator[tuple[dict[str, str], str, int]]:
        first, *rest = dimensions
        for each in first.under(parent):
            here = where | {first.name: each}
            yield here, category(first.name, each, self.language, self.edition), level
            if first.under(each):
                yield from self._under(dimensions, where, level + 1, each)
            elif rest:
                yield from self._under(rest, here, level + 1)

    # --- numbers -----------------------------------------------------------------------------------------------

    def share(self, key: Key, base: Key) -> str:
        share = self.audited.share(key, base)
        return "–" if share is None else percent(share)

    def ranged(self, key: Key) -> str:
        low, high = self.audited.ranges.get(key, (0, 0)) if self.value(key) is not None else (0, 0)
        return "–" if not high else number(low) if low == high else f"{number(low)}–{number(high)}"

    def rate(self, key: Key, people: int) -> str:
        count = self.value(key)
        if not people or count is None:
            return "–"
        if count < _LEAST_FOR_A_RATE:
            return self.say("rate_few")
        return decimal(count / people * 100_000)

    def _people(self) -> int:
        return self.edition.population.of(high=self.edition.under - 1) if self.edition.population else 0

    def _age_people(self, band: str) -> int:
        if band == UNKNOWN or self.edition.population is None:
            return 0
        low, high = ends(band)
        return self.edition.population.of(low=low, high=high)

    def _region_people(self, region: str) -> int:
        counties = frozenset(county for county, named in self.edition.regions.items() if named == region)
        if not counties or self.edition.population is None:
            return 0
        return self.edition.population.of(counties, high=self.edition.under - 1)

    def chart(self, name: str, drawn: Sequence[tuple[str, Key, bool]], *, lit_most: bool = False) -> Chart:
        values = [self.value(key) for _, key, _ in drawn]
        most = max((each for each in values if each is not None), default=0)
        rows = []
        for (label, key, lit), value in zip(drawn, values, strict=True):
            share = (
                f" · {self.share(key, self.victims_key)}"
                if lit_most and value is not None and self.victims
                else ""
            )
            rows.append(
                Bar(label, value, self.shown(key) + share, lit or bool(lit_most and value and value == most))
            )
        title = self.say("chart_of", title=self.say(name))
        ids = f"{name}-{self.language}"
        return Chart(name, lambda colors: bars(ids, title, self.say("numbers_of"), rows, colors))

    # --- how it was counted ------------------------------------------------------------------------------------

    def hiding(self) -> Iterator[str]:
        yield self.say("hiding_1", hide=number(self.edition.hide))
        if self.edition.hide_zeros:
            yield self.say("hiding_zero")
        if not self.audited.hidden:
            yield self.say("hiding_none")
            return
        yield self.say("hiding_2")
        yield self.say("hiding_3", attacks=number(self.audited.audit.attacks))

    def methods(self) -> Iterator[str]:
        edition = self.edition
        begins, ends = (day(each, self.language) for each in (edition.begins, edition.ends))
        yield self.say("method_scope", begins=begins, ends=ends, under=edition.under)
        yield from map(self.say, ("method_reports", "method_determined", "method_served", "method_victim"))
        if edition.thresholds:
            middle = edition.thresholds[len(edition.thresholds) // 2]
            others = ", ".join(f"{each:.0%}" for each in edition.thresholds if each != middle)
            yield self.say("method_links", middle=f"{middle:.0%}", others=others)
        yield from map(self.say, ("method_differ", "method_unknown"))
        if edition.population:
            yield self.say("method_rates", source=edition.population.source or self.say("source_file"))

    def lists(self) -> View | None:
        if not self.edition.lists:
            return None
        rows = tuple(
            Row(
                each.name,
                tuple(self.say(f"coverage.{each.coverage.get(code, 'not collected')}") for code in _COVERS),
            )
            for each in self.edition.lists
        )
        head = (self.say("list"), *(self.say(f"covers.{code}") for code in _COVERS))
        return View(self.say("lists"), "", head, rows)


# Below this many the chance of a single year outweighs what a rate tells: the relative standard error of a Poisson
# count of 20 is 1/sqrt(20) = 22 %.
_LEAST_FOR_A_RATE = 20
_MANY_COLUMNS = 5
_FIRSTS = (
    ("first_reports", Unit.REPORTS),
    ("first_determined", Unit.DETERMINATIONS),
    ("first_served", Unit.SERVED),
)
_COVERS = ("birth_date", "sex", "county_fips", "determination", "relationship")
