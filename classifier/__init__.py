"""Occupation codes from free text, by a trained model with calibrated probabilities.

Training, prediction and evaluation after Kim et al. 2024 ("Occupation classification model based on
DistilKoBERT"), with what the paper leaves open: honest splits, calibration, thresholds with a guarantee.
Plain Python:

    >>> from classifier import load
    >>> model = load("models/baseline")  # doctest: +SKIP
    >>> model.predict(["drives a truck"], top=2)  # doctest: +SKIP
    [[('8332', 0.94), ('8322', 0.03)]]
"""

from classifier.classification import Classification
from classifier.confidence import coverage, reliability
from classifier.engine import Engine, Progress, TrainSettings
from classifier.errors import ClassifierError, Fault
from classifier.examples import NOTHING, Examples, read_examples, read_phrases
from classifier.hierarchy import Hierarchy
from classifier.intervals import exact_upper_bound, wilson
from classifier.metrics import Predictions
from classifier.model import Model
from classifier.pipeline import Parts, partition, train
from classifier.recoding import Crosswalk, Recoding, recode
from classifier.reporting import compare_models, evaluate_model, render_report, write_report
from classifier.search import Grid
from classifier.suspects import Suspect, label_errors, rank_label_errors
from classifier.text import Template, clean, normalise
from classifier.threshold import Threshold, lowest_threshold
from classifier.variants import train_variants

load = Model.load
read_classification = Classification.read

__all__ = [
    "NOTHING",
    "Classification",
    "ClassifierError",
    "Crosswalk",
    "Engine",
    "Examples",
    "Fault",
    "Grid",
    "Hierarchy",
    "Model",
    "Parts",
    "Predictions",
    "Progress",
    "Recoding",
    "Suspect",
    "Template",
    "Threshold",
    "TrainSettings",
    "clean",
    "compare_models",
    "coverage",
    "evaluate_model",
    "exact_upper_bound",
    "label_errors",
    "load",
    "lowest_threshold",
    "normalise",
    "partition",
    "rank_label_errors",
    "read_classification",
    "read_examples",
    "read_phrases",
    "recode",
    "reliability",
    "render_report",
    "train",
    "train_variants",
    "wilson",
    "write_report",
]
