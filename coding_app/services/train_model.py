"""A training at work: labelled records become a model, which is judged, kept, and promoted if it won.

Nothing is in the registry before all is done: the version, the figures, the codes in doubt and the promotion
are written in one transaction. A killed training begins again, and its encoder goes on after the last epoch.
"""

import shutil
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

import classifier
from coding_app import bases, dictionary_texts, model_folders, study_codes
from coding_app.choices import Describe, LabelSource
from coding_app.coders import LoadedModel
from coding_app.exceptions import InvalidInput
from coding_app.models import Code, LabelSuspect, Study, Training
from coding_app.selectors import models as selected
from coding_app.services import jobs, labelled_rows, promotion, registry, storage
from coding_app.services import labels as label_review
from coding_app.services.judging import Json
from coding_app.services.labelled_rows import Labelled
from coding_app.services.training_progress import Steps

FOLDS = 5  # of the search for label errors


def run(claim: jobs.Claim) -> None:
    """Train, judge and keep; a second time there is nothing left to do.

    Raises:
        InvalidInput: for data, settings or a base that no model can be made of, and for a disk that is full.
    """
    training = Training.objects.select_related("study__classification", "study__dictionary_version").get(
        job_id=claim.job_id
    )
    if training.verdict:
        return
    _clear(training)
    try:
        _Work(training, Steps(claim, training)).do()
    except classifier.ClassifierError as error:
        raise InvalidInput(str(error)) from error
    shutil.rmtree(model_folders.checkpoints(training.pk), ignore_errors=True)


def _clear(training: Training) -> None:
    """Remove what a killed attempt left, and the epochs of trainings that nobody goes on with."""
    registry.remove_leftovers(training.study, stem=_stem(training))
    reports = model_folders.reports_of(training.study_id)
    for folder in reports.glob(f"{_stem(training)}*"):
        shutil.rmtree(folder, ignore_errors=True)
    ended = Training.objects.filter(study=training.study).exclude(pk=training.pk)
    for pk in ended.values_list("pk", flat=True):
        shutil.rmtree(model_folders.checkpoints(pk), ignore_errors=True)


def _stem(training: Training) -> str:
    return f"training-{training.pk}-"


def _remove(report: str) -> None:
    if report:
        shutil.rmtree(storage.path_of(report), ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Data:
    """What is learnt from: ``labelled`` as it came, ``examples`` as the library takes it."""

    labelled: Labelled
    examples: classifier.Examples
    extra: classifier.Examples
    classification: classifier.Classification


class _Work:
    def __init__(self, training: Training, steps: Steps) -> None:
        self.training = training
        self.study: Study = training.study
        self.steps = steps
        self.is_baseline = training.base == bases.BASELINE
        self.settings = classifier.TrainSettings(
            base=bases.resolve(training.base),
            min_class_size=training.min_class_size,
            test_size=training.test_size,
            split=training.split,
            epochs=training.epochs,
            batch_size=training.batch_size,
            learning_rate=training.learning_rate,
            seed=training.seed,
            describe=training.describe,
        )
        self.plain = replace(self.settings, base=bases.BASELINE, learning_rate=None)
        self.current = selected.current(self.study)

    def do(self) -> None:
        """Everything, in order; only the end of it writes."""
        steps = self.steps
        steps.begin("reading")
        data = self._read()
        model = self._train(data, self.settings, "training", model_folders.checkpoints(self.training.pk))
        baseline = None if self.is_baseline else self._train(data, self.plain, "baseline", None)
        steps.begin("judging")
        parts = classifier.partition(
            data.examples, extra=data.extra, settings=self.settings, classification=data.classification
        )
        told = self._judge(data.labelled, parts.test, model, baseline)
        variants = self._variants(data) if self.training.with_variants else None
        report = self._report(model, parts.test, data, variants)
        try:
            suspects = self._suspects(data, parts.selection.examples)
            steps.begin("keeping")
            self._keep(model, baseline, told, report, suspects)
        except BaseException:
            _remove(report)
            raise

    def _read(self) -> _Data:
        training, study = self.training, self.study
        columns = {*classifier.Template(training.template).columns}
        if self.current is not None:
            columns |= {*classifier.Template(self.current.template).columns}
        if training.labels == LabelSource.FILE:
            labelled = labelled_rows.of_file(
                study,
                name=training.file_name,
                stored_as=training.stored_as,
                code_column=training.code_column,
                columns=columns,
            )
        else:
            labelled = labelled_rows.of_study(study, LabelSource(training.labels), columns=columns)
        template = classifier.Template(training.template)
        examples = classifier.Examples.of(
            (template.render(row), code) for row, code in zip(labelled.rows, labelled.codes, strict=True)
        )
        left_out = {name: count for name, count in labelled.left_out.items() if count}
        examples = replace(examples, left_out={**left_out, **examples.left_out})
        self._check(examples)
        return _Data(labelled, examples, self._phrases(), study_codes.classification(study))

    def _check(self, examples: classifier.Examples) -> None:
        """Say in the application's words what no model can be made of."""
        sizes = Counter(examples.codes)
        if not sizes:
            raise InvalidInput(
                _("No record has both a text (%(template)s) and a code: choose other columns or records.")
                % {"template": self.training.template}
            )
        if len(sizes) < 2:
            raise InvalidInput(
                _("All %(count)s records have the code %(code)s: a model tells at least two codes apart.")
                % {"count": len(examples), "code": next(iter(sizes))}
            )
        large = [code for code, size in sizes.items() if size >= self.settings.min_class_size]
        if len(large) < 2 and self.settings.describe == Describe.NONE:
            code, most = sizes.most_common(1)[0]
            raise InvalidInput(
                _(
                    "%(codes)s codes have %(fewest)s records or more, and a model tells at least two apart; "
                    "the largest, %(code)s, has %(most)s. Ask for fewer records a code, or label more."
                )
                % {"codes": len(large), "fewest": self.settings.min_class_size, "code": code, "most": most}
            )

    def _phrases(self) -> classifier.Examples:
        training, study = self.training, self.study
        pairs: list[tuple[str, str]] = []
        if training.phrases_stored_as:
            pairs += labelled_rows.phrases_of(
                study, name=training.phrases_name, stored_as=training.phrases_stored_as
            )
        if training.dictionary_phrases and study.dictionary_version_id is not None:
            entries = dictionary_texts.phrases(study.dictionary_version_id)
            pairs += [(entry.text, entry.code) for entry in entries]
        return classifier.Examples.of(pairs)

    def _train(
        self, data: _Data, settings: classifier.TrainSettings, stage: str, checkpoints: Path | None
    ) -> LoadedModel:
        self.steps.begin(stage)
        return classifier.train(
            data.examples,
            template=self.training.template,
            extra=data.extra,
            settings=settings,
            classification=data.classification,
            report=self.steps,
            checkpoints=checkpoints,
        )

    def _judge(
        self,
        labelled: Labelled,
        test: classifier.Examples,
        model: LoadedModel,
        baseline: LoadedModel | None,
    ) -> Json:
        return promotion.figures(
            model,
            current=self.current,
            baseline=baseline,
            rows=[labelled.rows[place - 1] for place in test.lines],
            codes=list(test.codes),
            columns=frozenset(labelled.columns),
        )

    def _variants(self, data: _Data) -> Json:
        self.steps.begin("variants")
        return classifier.train_variants(
            data.examples,
            settings=self.settings,
            descriptions=data.classification.phrases(),
            report=self.steps,
        )

    def _report(
        self, model: LoadedModel, test: classifier.Examples, data: _Data, variants: Json | None
    ) -> str:
        """Write the report on the held-out records; where it lies, or nothing when none were held out."""
        if not len(test):
            return ""
        self.steps.begin("report")
        lines = tuple(data.labelled.lines[place - 1] for place in test.lines)
        metrics = classifier.evaluate_model(
            model,
            replace(test, lines=lines),
            hierarchy=study_codes.hierarchy(self.study),
            variants=variants,
            data={
                "file": data.labelled.source,
                "records_held_out": str(len(test)),
                "left_out": ", ".join(f"{n} {why}" for why, n in data.examples.left_out.items()) or "none",
            },
            name=f"training {self.training.pk}",
            learnt="keep",
        )
        stored_as = f"reports/{self.study.pk}/{_stem(self.training)}{uuid.uuid4().hex}"
        title = f"{self.study.name}: training {self.training.pk} ({self.training.base})"
        try:
            classifier.write_report(metrics, storage.path_of(stored_as), title=title)
        except BaseException:
            _remove(stored_as)
            raise
        return stored_as

    def _suspects(self, data: _Data, examples: classifier.Examples) -> Sequence[LabelSuspect] | None:
        """Codes of the study's own records that are in doubt, the worst first and not saved yet; ``None``
        when they were not looked for."""
        if self.training.labels == LabelSource.FILE or len(examples) < FOLDS:
            return None
        self.steps.begin("suspects")
        found = classifier.rank_label_errors(
            examples, settings=self.plain, extra=data.extra, folds=FOLDS, report=self.steps
        )
        codes = dict(Code.objects.filter(classification=self.study.classification).values_list("code", "pk"))
        return [
            LabelSuspect(
                study=self.study,
                training=self.training,
                record_id=data.labelled.records[examples.lines[one.place] - 1],
                code_id=codes[one.code],
                suggested_id=codes[one.suggested],
                quality=one.quality,
            )
            for one in found
        ]

    def _keep(
        self,
        model: LoadedModel,
        baseline: LoadedModel | None,
        told: Json,
        report: str,
        suspects: Sequence[LabelSuspect] | None,
    ) -> None:
        training = self.training

        def write(home: Path) -> None:
            model.save(home / "model")
            if baseline is not None:
                baseline.save(home / "baseline")

        with registry.kept_folder(self.study, write, stem=_stem(training)) as stored_as, transaction.atomic():
            # A worker that lost its claim writes nothing: the one that has it now will.
            self.steps.end()
            user = training.job.started_by
            version = registry.register(study=self.study, user=user, stored_as=stored_as, base=training.base)
            told["same_as"] = None if version.stored_as == stored_as else version.number
            told = promotion.settle(
                version=version,
                told=told,
                judged_against=self.current.pk if self.current else None,
                asked=training.promote,
                user=user,
            )
            if suspects is not None:
                label_review.replace_suspects(study=self.study, found=suspects)
            Training.objects.filter(pk=training.pk).update(version=version, verdict=told, report=report)
