"""Versions judged on the same labelled records: asked for, and done by a worker."""

import shutil
import uuid
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

import classifier
from coding_app import coders, model_folders, study_codes
from coding_app.choices import JobKind, LabelSource, WorkQueue
from coding_app.coders import LoadedModel, Row
from coding_app.exceptions import InvalidInput
from coding_app.models import Evaluation, ModelVersion, Study
from coding_app.selectors import labels as labelled
from coding_app.services import jobs, judging, labelled_rows, storage
from coding_app.services.judging import Json
from coding_app.services.labelled_rows import Kept, Labelled, Upload

MAX_VERSIONS = 8
_CODE = "\0code"  # no column of a file is called so


def start(
    *,
    study: Study,
    user: User | None,
    versions: Sequence[ModelVersion],
    labels: LabelSource,
    file: Upload | None = None,
    code_column: str = "",
) -> Evaluation:
    """Queue an evaluation of one version, or the comparison of several, on records that none learnt from.

    Raises:
        InvalidInput: for no version or too many, when nothing is labelled, and for a file without the columns
            that the versions read.
    """
    _check_versions(study, versions)
    kept: Kept | None = None
    if labels == LabelSource.FILE:
        if file is None or not code_column:
            raise InvalidInput(_("Choose the file with the coded records, and its column with the codes."))
        columns = {name for one in versions for name in classifier.Template(one.template).columns}
        kept = labelled_rows.keep(study=study, upload=file, columns=(code_column, *sorted(columns)))
    elif not labelled.counts(study, labels).records:
        raise InvalidInput(
            _("No record of this study has a code to judge by (%(source)s).") % {"source": labels.label}
        )
    try:
        with transaction.atomic():
            job = jobs.create(study=study, kind=JobKind.EVALUATE, user=user, queue=WorkQueue.MODEL)
            made = Evaluation.objects.create(
                study=study,
                job=job,
                labels=labels,
                file_name=kept.name if kept else "",
                stored_as=kept.stored_as if kept else "",
                code_column=code_column if kept else "",
            )
            made.versions.set(versions)
            return made
    except BaseException:
        storage.remove(kept.stored_as if kept else "")
        raise


def _check_versions(study: Study, versions: Sequence[ModelVersion]) -> None:
    if not 1 <= len({version.pk for version in versions}) == len(versions) <= MAX_VERSIONS:
        raise InvalidInput(_("Choose from 1 to %(most)s different models.") % {"most": MAX_VERSIONS})
    if any(version.study_id != study.pk for version in versions):
        raise InvalidInput(_("Choose models of this study."))


def run(claim: jobs.Claim) -> None:
    """Judge the versions, and write the report; a second time replaces the first.

    Raises:
        ModelUnavailable: when one of them cannot be loaded.
        InvalidInput: when no record is left to judge by, or the report cannot be written.
    """
    evaluation = Evaluation.objects.select_related("study__classification").get(job_id=claim.job_id)
    versions = list(evaluation.versions.order_by("number"))
    if not versions:
        raise InvalidInput(_("The models to judge are no longer there."))
    total = len(versions) + 2
    claim.advance(done=0, total=total)
    models = []
    for done, version in enumerate(versions, start=1):
        models.append(coders.model_of(version))
        claim.check()
        claim.advance(done=done)
    found = _read(evaluation, models)
    kept = _kept(found, models)
    claim.check()
    stem = f"evaluation-{evaluation.pk}-"
    for left in model_folders.reports_of(evaluation.study_id).glob(f"{stem}*"):
        shutil.rmtree(left, ignore_errors=True)
    stored_as = f"reports/{evaluation.study_id}/{stem}{uuid.uuid4().hex}"
    try:
        metrics = _metrics(evaluation, versions, models, found)
        claim.advance(done=total - 1)
        summary = _summary(versions, models, found, kept, metrics)
        title = f"{evaluation.study.name}: " + ", ".join(_name(version) for version in versions)
        classifier.write_report(metrics, storage.path_of(stored_as), title=title)
    except classifier.ClassifierError as error:
        raise InvalidInput(str(error)) from error
    with transaction.atomic():
        claim.advance(done=total)
        Evaluation.objects.filter(pk=evaluation.pk).update(summary=summary, report=stored_as)


def _name(version: ModelVersion) -> str:
    return f"model {version.number}"


def _read(evaluation: Evaluation, models: Sequence[LoadedModel]) -> Labelled:
    columns = {name for model in models for name in model.template.columns}
    if evaluation.labels != LabelSource.FILE:
        return labelled_rows.of_study(evaluation.study, LabelSource(evaluation.labels), columns=columns)
    return labelled_rows.of_file(
        evaluation.study,
        name=evaluation.file_name,
        stored_as=evaluation.stored_as,
        code_column=evaluation.code_column,
        columns=columns,
    )


class _Kept:
    """The records that are judged: those with a text for every model that none of them learnt from."""

    def __init__(self, found: Labelled, models: Sequence[LoadedModel]) -> None:
        seen, self.known = judging.learnt_by_one(models, found.rows)
        has_text = judging.have_text(models, found.rows)
        places = [at for at in range(len(found.rows)) if has_text[at] and not seen[at]]
        self.rows: list[Row] = [found.rows[at] for at in places]
        self.codes = [found.codes[at] for at in places]
        self.left_out = {
            **{reason: count for reason, count in found.left_out.items() if count},
            "no text": has_text.count(False),
            "learnt": sum(had and learnt for had, learnt in zip(has_text, seen, strict=True)),
        }


def _kept(found: Labelled, models: Sequence[LoadedModel]) -> _Kept:
    kept = _Kept(found, models)
    if kept.rows:
        return kept
    raise InvalidInput(
        _(
            "None of the %(count)s labelled records is left to judge by: %(learnt)s have a text that one of "
            "these models learnt from, %(blank)s have none. Label others, or send a file of coded records."
        )
        % {"count": len(found.rows), "learnt": kept.left_out["learnt"], "blank": kept.left_out["no text"]}
    )


def _metrics(
    evaluation: Evaluation,
    versions: Sequence[ModelVersion],
    models: Sequence[LoadedModel],
    found: Labelled,
) -> Json:
    hierarchy = study_codes.hierarchy(evaluation.study)
    data = {"file": found.source}
    if len(models) == 1:
        pairs = zip(judging.texts_of(models[0], found.rows), found.codes, strict=True)
        examples = classifier.Examples.of(pairs)
        lines = tuple(found.lines[place - 1] for place in examples.lines)
        return classifier.evaluate_model(
            models[0],
            classifier.Examples(examples.texts, examples.codes, lines, examples.left_out),
            hierarchy=hierarchy,
            data=data,
            name=_name(versions[0]),
        )
    rows = [Row(row, **{_CODE: code}) for row, code in zip(found.rows, found.codes, strict=True)]
    named = [(_name(version), model) for version, model in zip(versions, models, strict=True)]
    return classifier.compare_models(
        named, rows, code_column=_CODE, lines=found.lines, hierarchy=hierarchy, data=data
    )


def _summary(
    versions: Sequence[ModelVersion],
    models: Sequence[LoadedModel],
    found: Labelled,
    kept: _Kept,
    metrics: Json,
) -> Json:
    """What lists and verdicts need of the report (see ``Evaluation.summary``)."""
    if metrics["kind"] == "evaluation":
        firsts, fives = [metrics["overall"]["accuracy"]], [metrics["overall"]["top"][4]]
    else:
        firsts, fives = (metrics["levels"][at]["accuracies"] for at in (0, 1))
    rows = [
        {
            "number": version.number,
            "k": first["successes"],
            "n": first["trials"],
            "accuracy": first,
            "top_5": five,
            "known": known,
            "baseline": _baseline(version, kept),
        }
        for version, first, five, known in zip(versions, firsts, fives, kept.known, strict=True)
    ]
    return {"records": len(kept.rows), "left_out": kept.left_out, "versions": rows}


def _baseline(version: ModelVersion, kept: _Kept) -> Json | None:
    """How often the instant baseline beside a version is right on the same records; ``None`` without one."""
    if not model_folders.baseline(version.stored_as).exists():
        return None
    right = judging.count_right(coders.baseline_of(version), kept.rows, kept.codes)
    return {"k": right, "n": len(kept.rows)}
