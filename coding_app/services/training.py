"""Asking for a training; a worker does it (:mod:`coding_app.services.train_model`)."""

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

import classifier
from coding_app import bases
from coding_app.choices import Describe, JobKind, LabelSource, Split, WorkQueue
from coding_app.exceptions import Conflict, InvalidInput
from coding_app.models import Import, Study, Training
from coding_app.selectors import labels as labelled
from coding_app.selectors import models as selected
from coding_app.selectors.jobs import open_jobs
from coding_app.services import jobs, labelled_rows, storage
from coding_app.services.labelled_rows import PHRASE_COLUMNS, Kept, Upload

MAX_TEMPLATE = 1000
MAX_COLUMN = 200
MAX_EPOCHS = 1000
MAX_BATCH = 4096
MAX_SEED = 2**31 - 1


def start(
    *,
    study: Study,
    user: User | None,
    labels: LabelSource,
    template: str,
    base: str = bases.BASELINE,
    file: Upload | None = None,
    code_column: str = "",
    phrases: Upload | None = None,
    dictionary_phrases: bool = False,
    describe: Describe = Describe.SMALL,
    min_class_size: int = 11,
    test_size: float = 0.3,
    split: Split = Split.GROUPED,
    epochs: int = 8,
    batch_size: int = 64,
    learning_rate: float | None = None,
    seed: int = 0,
    with_variants: bool = False,
    promote: bool = True,
) -> Training:
    """Queue the training of a model on labelled records of the study, or on a file of coded records.

    ``file`` is a CSV, XLSX or Parquet file, for the labels FILE only, with a ``code_column``; ``phrases`` one
    with the columns phrase and code. The other settings are those of ``classifier.TrainSettings``.

    Raises:
        InvalidInput: for settings that no model can be trained with, a base that is not on this machine, a
            template or a file without the columns it takes, and when nothing is labelled.
        Conflict: when a training of this study is under way.
    """
    _check_settings(min_class_size, test_size, epochs, batch_size, learning_rate, seed)
    base = bases.check(base)
    template = template.strip()
    columns = template_columns(template)
    if dictionary_phrases and study.dictionary_version is None:
        raise InvalidInput(_("This study has no dictionary whose phrases could be learnt."))
    if labels != LabelSource.FILE:
        require_columns(columns, study=study)
        require_labels(study, labels)
    _check_none_open(study)
    kept: list[Kept] = []
    try:
        data = _keep_data(study, labels, file, code_column, columns, kept)
        extra = None
        if phrases is not None:
            extra = labelled_rows.keep(study=study, upload=phrases, columns=PHRASE_COLUMNS)
            kept.append(extra)
        with transaction.atomic():
            job = jobs.create(study=study, kind=JobKind.TRAIN, user=user, queue=WorkQueue.TRAINING)
            return Training.objects.create(
                study=study,
                job=job,
                labels=labels,
                file_name=data.name if data else "",
                stored_as=data.stored_as if data else "",
                code_column=code_column if data else "",
                phrases_name=extra.name if extra else "",
                phrases_stored_as=extra.stored_as if extra else "",
                dictionary_phrases=dictionary_phrases,
                describe=describe,
                template=template,
                base=base,
                min_class_size=min_class_size,
                test_size=test_size,
                split=split,
                epochs=epochs,
                batch_size=batch_size,
                learning_rate=learning_rate,
                seed=seed,
                with_variants=with_variants,
                promote=promote,
            )
    except IntegrityError as error:
        _remove(kept)
        raise Conflict(_under_way()) from error
    except BaseException:
        _remove(kept)
        raise


def template_columns(template: str) -> tuple[str, ...]:
    """The columns that a template names.

    Raises:
        InvalidInput: for one that is no template.
    """
    if len(template) > MAX_TEMPLATE:
        raise InvalidInput(
            _("The template has %(count)s characters; %(most)s are the most.")
            % {"count": len(template), "most": MAX_TEMPLATE}
        )
    try:
        return classifier.Template(template).columns
    except classifier.ClassifierError as error:
        raise InvalidInput(
            _(
                "%(template)r is no template: write the names of columns in braces, as in "
                "{occupation} {industry}."
            )
            % {"template": template}
        ) from error


def require_columns(columns: Iterable[str], *, study: Study) -> None:
    """Refuse a template of which the study's records have not all columns, once it has records.

    Raises:
        InvalidInput: naming the column, and those there are.
    """
    there = selected.columns(study)
    unknown = [name for name in columns if name not in there]
    if not unknown or not selected.has_records(study):
        return
    headers = Import.objects.filter(study=study).values_list("header", flat=True)
    if any(unknown[0] in header for header in headers):
        raise InvalidInput(
            _("The template names %(name)r, which has the codes known beforehand: a model must not read it.")
            % {"name": unknown[0]}
        )
    raise InvalidInput(
        _("The template names %(name)r, which is no column of this study; its columns are: %(names)s.")
        % {"name": unknown[0], "names": ", ".join(there)}
    )


def _check_settings(
    min_class_size: int,
    test_size: float,
    epochs: int,
    batch_size: int,
    learning_rate: float | None,
    seed: int,
) -> None:
    bounds = (
        (_("The fewest records of a code"), min_class_size, 1, 1_000_000),
        (_("The number of epochs"), epochs, 1, MAX_EPOCHS),
        (_("The records of a batch"), batch_size, 1, MAX_BATCH),
        (_("The seed"), seed, 0, MAX_SEED),
    )
    for name, value, least, most in bounds:
        if not least <= value <= most:
            raise InvalidInput(
                _("%(name)s must be from %(least)s to %(most)s, not %(value)s.")
                % {"name": name, "least": least, "most": most, "value": value}
            )
    if not 0 <= test_size <= 0.9:
        raise InvalidInput(_("The share kept back for the test must be from 0 to 90 %."))
    if learning_rate is not None and not 0 < learning_rate < 1:
        raise InvalidInput(_("The learning rate must be between 0 and 1, such as 0.00002."))


def require_labels(study: Study, labels: LabelSource) -> None:
    """Refuse labels of which the study has none, or of one code only.

    Raises:
        InvalidInput: saying where labels come from.
    """
    counts = labelled.counts(study, labels)
    if not counts.records:
        raise InvalidInput(
            _(
                "No record of this study has a code to learn from (%(source)s). Bring in codes known "
                "beforehand, have records coded by people, or train from a file."
            )
            % {"source": labels.label}
        )
    if counts.codes < 2:
        raise InvalidInput(
            _("All %(count)s labelled records have one and the same code: a model tells at least two apart.")
            % {"count": counts.records}
        )


def _check_none_open(study: Study) -> None:
    """Before a file is kept for nothing; the database has the last word."""
    if open_jobs(study).filter(kind=JobKind.TRAIN).exists():
        raise Conflict(_under_way())


def _under_way() -> str:
    return _("A training of this study is under way: wait for its end, or stop it.")


def _keep_data(
    study: Study,
    labels: LabelSource,
    file: Upload | None,
    code_column: str,
    columns: Sequence[str],
    kept: list[Kept],
) -> Kept | None:
    if labels != LabelSource.FILE:
        return None
    if file is None or not code_column or len(code_column) > MAX_COLUMN:
        raise InvalidInput(_("Choose the file with the coded records, and its column with the codes."))
    if code_column in columns:
        raise InvalidInput(
            _("The template names %(name)r, which has the codes of the file: a model must not read it.")
            % {"name": code_column}
        )
    data = labelled_rows.keep(study=study, upload=file, columns=(code_column, *columns))
    kept.append(data)
    require_columns(columns, study=study)
    return data


def _remove(kept: Iterable[Kept]) -> None:
    for one in kept:
        storage.remove(one.stored_as)


__all__ = ["Upload", "require_columns", "start", "template_columns"]
