"""Methods of a study: its records and classification, the machine, the people, and the rounds."""

from collections.abc import Iterator
from statistics import median

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from coding_app.choices import AcceptBy, Outcome, RoundRecordState, Selection
from coding_app.document import Cell, Number, Paragraph, Rows, Table
from coding_app.models import Adjudication, Code, Import, Round, Study
from coding_app.selectors import coder_stats, flow, model_cards
from coding_app.selectors import methods_words as words
from coding_app.selectors import people as known
from coding_app.selectors import routing as routings
from coding_app.selectors.agreement import Levels


def records(study: Study, way: flow.Flow, levels: Levels) -> Iterator[Paragraph]:
    files = Import.objects.filter(study=study, added__gt=0)
    if not way.records:
        yield Paragraph(_("The study has no records yet."))
    else:
        first, last = files.earliest("created_at").created_at, files.latest("created_at").created_at
        yield Paragraph(
            ngettext(
                "%(records)s records were imported from %(n)s file (%(days)s).",
                "%(records)s records were imported from %(n)s files (%(days)s).",
                files.count(),
            )
            % {"records": words.number(way.records), "n": files.count(), "days": words.span(first, last)}
            + words.only_if(
                way.removed,
                " " + _("%(n)s more were removed from the study.") % {"n": words.number(way.removed)},
            )
        )
        yield Paragraph(
            _(
                "Records of people younger than %(age)s years (n = %(children)s) and records whose "
                "occupation and industry were blank or stated as unknown (n = %(unknown)s) were set aside, "
                "after Ossiander and Milham (2005)."
            )
            % {
                "age": study.child_age,
                "children": words.number(way.progress.outcomes[Outcome.CHILD]),
                "unknown": words.number(way.progress.outcomes[Outcome.UNKNOWN]),
            }
        )
    codable = Code.objects.filter(classification=study.classification_id, codable=True).count()
    yield Paragraph(
        ngettext(
            "Records were coded into %(name)s: %(codes)s codes that records may have, at %(n)s level.",
            "Records were coded into %(name)s: %(codes)s codes that records may have, at %(n)s levels.",
            len(levels.all),
        )
        % {"name": study.classification, "codes": words.number(codable), "n": len(levels.all)}
    )


def machine(study: Study, way: flow.Flow) -> Iterator[Paragraph]:
    if not way.progress.answered:
        yield Paragraph(_("No record has been coded automatically."))
        return
    dictionary = study.dictionary_version
    if dictionary is not None:
        yield Paragraph(
            _(
                "Records were matched by words against the dictionary %(name)s (%(entries)s phrases; SHA-256 "
                "%(hash)s…), the longest phrase deciding and ties going to a person (Ossiander and Milham, "
                "2005). It coded %(rate)s of the records that name an occupation."
            )
            % {
                "name": dictionary,
                "entries": words.number(dictionary.entries),
                "hash": dictionary.fingerprint[:12],
                "rate": words.rate(way.progress.production),
            }
        )
    model = study.model_version
    if model is None:
        yield Paragraph(_("No statistical model was used."))
    else:
        card = model_cards.read(model)
        yield Paragraph(
            _(
                "Model %(number)s (%(engine)s, from %(base)s; %(classes)s codes; SHA-256 %(hash)s…) gave "
                "calibrated probabilities."
            )
            % {
                "number": model.number,
                "engine": model.engine,
                "base": model.base,
                "classes": words.number(model.classes),
                "hash": model.fingerprint[:12],
            }
            + (
                " "
                + _("It learnt from %(train)s records and was tested on %(test)s others.")
                % {"train": words.number(card.train), "test": words.number(card.test)}
                if card.train is not None and card.test is not None
                else ""
            )
        )
    yield Paragraph(_routing(study))


def _routing(study: Study) -> str:
    settings = routings.current(study)
    number = study.routing.number if study.routing else None
    accepted = {
        AcceptBy.DICTIONARY: _("What the dictionary coded was accepted without a person."),
        AcceptBy.NOBODY: _("Nothing was accepted without a person."),
        AcceptBy.PROBABILITY: _(
            "Suggestions with a calibrated probability of %(threshold)s or more were accepted without a "
            "person."
        )
        % {"threshold": f"{settings.threshold:g}"},
    }[AcceptBy(settings.accept_by)]
    parts = [accepted]
    if number is not None:
        parts.append(_("These rules are version %(n)s of the study's routing.") % {"n": number})
    if settings.audit_share:
        parts.append(
            _("Of what was accepted, %(share)s was drawn for an audit by people (seed %(seed)s).")
            % {"share": f"{100 * settings.audit_share:g} %", "seed": settings.audit_seed}
        )
    return " ".join(parts)


def people(study: Study) -> Iterator[Paragraph | Table]:
    work = coder_stats.work(study)
    hidden = known.pseudonyms(study)
    adjudicators = (
        Adjudication.objects.filter(study=study, state="settled").values("decided_by").distinct().count()
    )
    if not work:
        yield Paragraph(_("No person has coded a record yet."))
        return
    total = sum(len(one.decisions) for one in work.values())
    times = [second for one in work.values() for second in one.seconds]
    yield Paragraph(
        ngettext(
            "%(n)s person made %(decisions)s decisions",
            "%(n)s people made %(decisions)s decisions",
            len(work),
        )
        % {"n": len(work), "decisions": words.number(total)}
        + (
            _(", in %(seconds)s seconds each at the median.") % {"seconds": f"{median(times):.0f}"}
            if times
            else "."
        )
        + " "
        + (
            ngettext("%(n)s person adjudicated.", "%(n)s people adjudicated.", adjudicators)
            % {"n": adjudicators}
            if adjudicators
            else _("Nothing was adjudicated.")
        )
    )
    if Round.objects.filter(study=study, blinded=True).exclude(state="cancelled").exists():
        yield Paragraph(
            _(
                "In a blinded round coders saw what was written and the classification, and no suggestion, "
                "probability, earlier code, or other coder's code or comment, nor how many people code a "
                "record; the server enforces this."
            )
        )
    if adjudicators:
        yield Paragraph(
            _(
                "Adjudicators saw the codes in random order without names, and adjudicated no decision of "
                "their own."
            )
        )
    yield Table(
        _("Who coded"),
        [_("Person"), _("Decisions"), _("Not codable"), _("Blinded"), _("Median seconds")],
        [
            [
                hidden[who],
                _of(who, len(one.decisions), "decided"),
                _of(who, len(one.cannot_code), "cannot-code"),
                _of(who, len(one.blinded), "did-not-see"),
                "–" if one.median_seconds is None else f"{one.median_seconds:.1f}",
            ]
            for who, one in sorted(work.items(), key=lambda item: hidden[item[0]])
        ],
    )


def _of(coder: int, count: int, what: str) -> Cell:
    return words.linked(count, Rows("coder-records", query={"coder": str(coder), "what": what}))


def rounds(study: Study) -> Iterator[Paragraph | Table]:
    rounds = list(Round.objects.filter(study=study).exclude(state="drawing").order_by("number"))
    if not rounds:
        yield Paragraph(
            _("No round of coding was drawn: no record was coded twice, and nothing is known of agreement.")
        )
        return
    results = {
        (pk, state): n
        for pk, state, n in study.rounds.values_list("pk", "records__state").annotate(n=Count("records"))
    }
    if any(one.selection in (Selection.RANDOM, Selection.STRATIFIED) for one in rounds):
        yield Paragraph(
            _(
                "Samples were drawn at random by the seed given, so that the same records can be drawn again "
                "from the same population. The machine's answer was kept as it was at the draw."
            )
        )
    yield Table(
        _("Rounds of coding"),
        [
            _("Round"),
            _("Kind"),
            _("State"),
            _("Blinded"),
            _("Selection"),
            _("Drawn of"),
            _("Seed"),
            _("Coders a record"),
            _("Agreed"),
            _("Adjudicated"),
        ],
        [
            [
                f"{one.number}. {one.name}",
                one.get_kind_display(),
                one.get_state_display(),
                _("yes") if one.blinded else _("no"),
                one.get_selection_display() + (f" ({one.stratum_column})" if one.stratum_column else ""),
                Number(
                    f"{words.number(one.drawn)} / {words.number(one.population_size)}",
                    Rows("round-records", (one.number,)),
                ),
                str(one.seed),
                str(one.coders_per_record) if one.coders_per_record else _("all"),
                *(
                    words.linked(
                        results.get((one.pk, state), 0),
                        Rows("round-records", (one.number,), {"state": state}),
                    )
                    for state in (RoundRecordState.AGREED, RoundRecordState.ADJUDICATED)
                ),
            ]
            for one in rounds
        ],
        numbers_from=5,
    )
