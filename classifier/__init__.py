"""Occupation codes from free text, by a trained model with calibrated probabilities.

Training, prediction and evaluation after Kim et al. 2024 ("Occupation classification model based on
DistilKoBERT"), with what the paper leaves open: honest splits, calibration, thresholds with a guarantee.
Plain Python:

    >>> from classifier import load
    >>> model = load("models/baseline")  # doctest: +SKIP
    >>> model.predict(["drives a truck"], top=2)  # doctest: +SKIP
    [[('8332', 0.94), ('8322', 0.03)]]
"""

from classifier.engine import Engine, Progress, TrainSettings
from classifier.errors import ClassifierError, Fault
from classifier.examples import Classification, Examples, read_classification, read_examples, read_phrases
from classifier.intervals import exact_upper_bound, wilson
from classifier.model import Model
from classifier.pipeline import Parts, partition, train
from classifier.text import Template, clean, normalise
from classifier.threshold import Threshold, lowest_threshold

load = Model.load

__all__ = [
    "Classification",
    "ClassifierError",
    "Engine",
    "Examples",
    "Fault",
    "Model",
    "Parts",
    "Progress",
    "Template",
    "Threshold",
    "TrainSettings",
    "clean",
    "exact_upper_bound",
    "load",
    "lowest_threshold",
    "normalise",
    "partition",
    "read_classification",
    "read_examples",
    "read_phrases",
    "train",
    "wilson",
]
