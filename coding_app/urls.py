"""Addresses."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from coding_app.views import (
    account,
    codes,
    dashboard,
    exports,
    health,
    imports,
    jobs,
    members,
    queue,
    records,
    studies,
)

study: list[URLPattern | URLResolver] = [
    path("", dashboard.show, name="study"),
    path("upload/", imports.upload, name="upload"),
    path("imports/", imports.index, name="imports"),
    path("imports/<int:pk>/", imports.show, name="import"),
    path("imports/<int:pk>/read-as/", imports.read_as, name="import-read-as"),
    path("imports/<int:pk>/discard/", imports.discard, name="import-discard"),
    path("imports/<int:pk>/issues.csv", imports.issues, name="import-issues"),
    path("code/", jobs.start_coding, name="code-start"),
    path("jobs/<int:pk>/", jobs.show, name="job"),
    path("jobs/<int:pk>/stop/", jobs.stop, name="job-stop"),
    path("jobs/<int:pk>/resume/", jobs.resume, name="job-resume"),
    path("queue/", queue.show, name="queue"),
    path("queue/decide/", queue.decide, name="queue-decide"),
    path("queue/cannot-code/", queue.cannot_code, name="queue-cannot-code"),
    path("queue/undo/", queue.undo, name="queue-undo"),
    path("queue/search/", queue.search, name="queue-search"),
    path("queue/renew/", queue.renew, name="queue-renew"),
    path("queue/open/<int:record>/", queue.open_record, name="queue-open"),
    path("records/", records.index, name="records"),
    path("records/<int:pk>/", records.show, name="record"),
    path("exports/", exports.index, name="exports"),
    path("exports/<int:pk>/download/", exports.download, name="export-download"),
    path("classification/", codes.classification, name="classification"),
    path("dictionary/", codes.dictionary, name="dictionary"),
    path("members/", members.index, name="members"),
    path("settings/", studies.settings, name="study-settings"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", studies.index, name="studies"),
    path("login/", account.login, name="login"),
    path("logout/", account.logout, name="logout"),
    path("password/", account.password_change, name="password_change"),
    path("language/", account.set_language, name="set_language"),
    path("new-study/", studies.create, name="study-create"),
    path("healthz", health.check, name="healthz"),
    path("studies/<str:slug>/", include(study)),
    path("api/v1/", include("coding_app.api.urls")),
    path("admin/", admin.site.urls),
]
