"""Addresses of the API, below ``/api/v1/``."""

from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.parsers import MultiPartParser

from coding_app.api.converters import StudySlug
from coding_app.api.views.adjudications import AdjudicationViews
from coding_app.api.views.agreement import AgreementViews
from coding_app.api.views.catalogue import (
    ClassificationViews,
    CodeViews,
    DictionaryVersionViews,
    DictionaryViews,
)
from coding_app.api.views.decisions import DecisionViews
from coding_app.api.views.exports import ExportViews
from coding_app.api.views.flags import FlagViews
from coding_app.api.views.imports import ImportIssueViews, ImportViews
from coding_app.api.views.jobs import JobViews, RunViews
from coding_app.api.views.labels import SuspectViews
from coding_app.api.views.members import InvitationViews, MemberViews
from coding_app.api.views.models import EvaluationViews, ModelVersionViews, TrainingViews
from coding_app.api.views.nowhere import NowhereView
from coding_app.api.views.queue import QueueViews, SearchViews
from coding_app.api.views.records import RecordViews
from coding_app.api.views.reopening import ReopeningViews
from coding_app.api.views.rounds import RoundViews
from coding_app.api.views.routing import ExplorerViews, RoutingViews
from coding_app.api.views.studies import StudyDetailViews, StudyListViews
from coding_app.api.views.tokens import TokenView

app_name = "api"
register_converter(StudySlug, "study")

study: list[URLPattern | URLResolver] = [
    path("", StudyDetailViews.as_view({"get": "retrieve", "patch": "partial_update"}), name="study"),
    path("members/", MemberViews.as_view({"get": "list", "post": "create"}), name="members"),
    path(
        "members/<int:pk>/",
        MemberViews.as_view({"patch": "partial_update", "delete": "destroy"}),
        name="member",
    ),
    path("members/<int:pk>/transfer/", MemberViews.as_view({"post": "transfer"}), name="member-transfer"),
    path("invitations/", InvitationViews.as_view({"get": "list", "post": "create"}), name="invitations"),
    path("invitations/<int:pk>/", InvitationViews.as_view({"delete": "destroy"}), name="invitation"),
    path(
        "imports/",
        ImportViews.as_view({"get": "list", "post": "create"}, parser_classes=[MultiPartParser]),
        name="imports",
    ),
    path("imports/<int:pk>/", ImportViews.as_view({"get": "retrieve", "delete": "destroy"}), name="import"),
    path("imports/<int:pk>/start/", ImportViews.as_view({"post": "start"}), name="import-start"),
    path("imports/<int:pk>/issues/", ImportIssueViews.as_view({"get": "list"}), name="import-issues"),
    path(
        "imports/<int:pk>/issues.csv", ImportIssueViews.as_view({"get": "download"}), name="import-issues-csv"
    ),
    path("records/", RecordViews.as_view({"get": "list"}), name="records"),
    path("records/<int:pk>/", RecordViews.as_view({"get": "retrieve"}), name="record"),
    path("records/<int:pk>/restore/", ReopeningViews.as_view({"post": "restore"}), name="record-restore"),
    path("records/count/", ReopeningViews.as_view({"post": "count"}), name="records-count"),
    path("records/reopen/", ReopeningViews.as_view({"post": "reopen"}), name="records-reopen"),
    path("records/remove/", ReopeningViews.as_view({"post": "remove"}), name="records-remove"),
    path("gestures/", ReopeningViews.as_view({"get": "gestures"}), name="gestures"),
    path(
        "gestures/<uuid:gesture>/take-back/",
        ReopeningViews.as_view({"post": "take_back"}),
        name="gesture-take-back",
    ),
    path("runs/", RunViews.as_view({"get": "list", "post": "create"}), name="runs"),
    path("jobs/", JobViews.as_view({"get": "list"}), name="jobs"),
    path("jobs/<int:pk>/", JobViews.as_view({"get": "retrieve"}), name="job"),
    path("jobs/<int:pk>/stop/", JobViews.as_view({"post": "stop"}), name="job-stop"),
    path("jobs/<int:pk>/resume/", JobViews.as_view({"post": "resume"}), name="job-resume"),
    path("queue/", QueueViews.as_view({"get": "counts"}), name="queue"),
    path("queue/next/", QueueViews.as_view({"post": "next"}), name="queue-next"),
    path("queue/open/<int:record>/", QueueViews.as_view({"post": "open"}), name="queue-open"),
    path("queue/same-text/<int:record>/", QueueViews.as_view({"get": "same_text"}), name="queue-same-text"),
    path("queue/renew/", QueueViews.as_view({"post": "renew"}), name="queue-renew"),
    path("queue/release/", QueueViews.as_view({"post": "release"}), name="queue-release"),
    path("decisions/", DecisionViews.as_view({"get": "list", "post": "create"}), name="decisions"),
    path("decisions/same-text/", DecisionViews.as_view({"post": "same_text"}), name="decisions-same-text"),
    path("decisions/undo/", DecisionViews.as_view({"post": "undo"}), name="decision-undo"),
    path("routing/", RoutingViews.as_view({"get": "retrieve", "put": "update"}), name="routing"),
    path("routing/preview/", RoutingViews.as_view({"post": "preview"}), name="routing-preview"),
    path("routing/versions/", RoutingViews.as_view({"get": "list"}), name="routing-versions"),
    path("explorer/", ExplorerViews.as_view({"get": "retrieve"}), name="explorer"),
    path("flags/", FlagViews.as_view({"get": "list", "post": "create"}), name="flags"),
    path("flags/<int:pk>/answer/", FlagViews.as_view({"post": "answer"}), name="flag-answer"),
    path("labels/", SuspectViews.as_view({"get": "list"}), name="labels"),
    path(
        "labels/disagreements/",
        SuspectViews.as_view({"post": "disagreements"}),
        name="label-disagreements",
    ),
    path("labels/<int:pk>/", SuspectViews.as_view({"post": "review"}), name="label-review"),
    path("rounds/", RoundViews.as_view({"get": "list", "post": "create"}), name="rounds"),
    path("rounds/preview/", RoundViews.as_view({"post": "preview"}), name="round-preview"),
    path("rounds/<int:number>/", RoundViews.as_view({"get": "retrieve"}), name="round"),
    path("rounds/<int:number>/go-on/", RoundViews.as_view({"post": "go_on"}), name="round-go-on"),
    path("rounds/<int:number>/close/", RoundViews.as_view({"post": "close"}), name="round-close"),
    path("rounds/<int:number>/cancel/", RoundViews.as_view({"post": "cancel"}), name="round-cancel"),
    path("adjudications/", AdjudicationViews.as_view({"get": "counts"}), name="adjudications"),
    path("adjudications/next/", AdjudicationViews.as_view({"post": "next"}), name="adjudication-next"),
    path("adjudications/undo/", AdjudicationViews.as_view({"post": "undo"}), name="adjudication-undo"),
    path("adjudications/renew/", AdjudicationViews.as_view({"post": "renew"}), name="adjudication-renew"),
    path(
        "adjudications/release/",
        AdjudicationViews.as_view({"post": "release"}),
        name="adjudication-release",
    ),
    path(
        "adjudications/<int:pk>/settle/",
        AdjudicationViews.as_view({"post": "settle"}),
        name="adjudication-settle",
    ),
    path(
        "adjudications/<int:pk>/send-back/",
        AdjudicationViews.as_view({"post": "send_back"}),
        name="adjudication-send-back",
    ),
    path("agreement/", AgreementViews.as_view({"get": "retrieve"}), name="agreement"),
    path("coders/", AgreementViews.as_view({"get": "coders"}), name="coders"),
    path("rounds/<int:number>/table/", AgreementViews.as_view({"get": "table"}), name="evaluation-table"),
    path("exports/", ExportViews.as_view({"get": "list", "post": "create"}), name="exports"),
    path("exports/<int:pk>/", ExportViews.as_view({"get": "retrieve"}), name="export"),
    path("exports/<int:pk>/download/", ExportViews.as_view({"get": "download"}), name="export-download"),
    path("exports/<int:pk>/evidence/", ExportViews.as_view({"get": "evidence"}), name="export-evidence"),
    path("models/", ModelVersionViews.as_view({"get": "list"}), name="models"),
    path("models/roll-back/", ModelVersionViews.as_view({"post": "roll_back"}), name="model-roll-back"),
    path("models/<int:number>/", ModelVersionViews.as_view({"get": "retrieve"}), name="model"),
    path(
        "models/<int:number>/promote/", ModelVersionViews.as_view({"post": "promote"}), name="model-promote"
    ),
    path("trainings/", TrainingViews.as_view({"get": "list", "post": "create"}), name="trainings"),
    path("trainings/<int:pk>/", TrainingViews.as_view({"get": "retrieve"}), name="training"),
    path("trainings/<int:pk>/metrics/", TrainingViews.as_view({"get": "metrics"}), name="training-metrics"),
    path("evaluations/", EvaluationViews.as_view({"get": "list", "post": "create"}), name="evaluations"),
    path("evaluations/<int:pk>/", EvaluationViews.as_view({"get": "retrieve"}), name="evaluation"),
    path(
        "evaluations/<int:pk>/metrics/",
        EvaluationViews.as_view({"get": "metrics"}),
        name="evaluation-metrics",
    ),
    path("search/", SearchViews.as_view({"get": "search"}), name="search"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="api:docs"), name="root"),
    path("schema/", SpectacularAPIView.as_view(metadata_class=None), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema", metadata_class=None), name="docs"),
    path("auth-token/", TokenView.as_view(), name="auth-token"),
    path("classifications/", ClassificationViews.as_view({"get": "list"}), name="classifications"),
    path(
        "classifications/<int:pk>/", ClassificationViews.as_view({"get": "retrieve"}), name="classification"
    ),
    path("classifications/<int:pk>/codes/", CodeViews.as_view({"get": "list"}), name="codes"),
    path("dictionaries/", DictionaryViews.as_view({"get": "list"}), name="dictionaries"),
    path("dictionaries/<int:pk>/", DictionaryViews.as_view({"get": "retrieve"}), name="dictionary"),
    path(
        "dictionaries/<int:pk>/versions/",
        DictionaryVersionViews.as_view({"get": "list"}),
        name="dictionary-versions",
    ),
    path("studies/", StudyListViews.as_view({"get": "list", "post": "create"}), name="studies"),
    path("studies/<study:slug>/", include(study)),
    re_path(r"^.*$", NowhereView.as_view(), name="nowhere"),
]
