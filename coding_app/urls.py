"""Addresses."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from coding_app.views import account, dashboard, exports, health, imports, jobs, members, studies

study: list[URLPattern | URLResolver] = [
    path("", dashboard.show, name="study"),
    path("upload/", imports.upload, name="upload"),
    path("imports/", imports.index, name="imports"),
    path("imports/<int:pk>/", imports.show, name="import"),
    path("imports/<int:pk>/discard/", imports.discard, name="import-discard"),
    path("imports/<int:pk>/issues.csv", imports.issues, name="import-issues"),
    path("code/", jobs.start_coding, name="code-start"),
    path("jobs/<int:pk>/", jobs.show, name="job"),
    path("jobs/<int:pk>/stop/", jobs.stop, name="job-stop"),
    path("jobs/<int:pk>/resume/", jobs.resume, name="job-resume"),
    path("exports/", exports.index, name="exports"),
    path("exports/<int:pk>/download/", exports.download, name="export-download"),
    path("members/", members.index, name="members"),
    path("settings/", studies.settings, name="study-settings"),
]

if find_spec("coding_app.views.queue"):
    from coding_app.views import queue

    study += [
        path("queue/", queue.show, name="queue"),
        path("queue/decide/", queue.decide, name="queue-decide"),
        path("queue/cannot-code/", queue.cannot_code, name="queue-cannot-code"),
        path("queue/undo/", queue.undo, name="queue-undo"),
        path("queue/search/", queue.search, name="queue-search"),
        path("queue/renew/", queue.renew, name="queue-renew"),
        path("queue/open/<int:record>/", queue.open_record, name="queue-open"),
    ]
if find_spec("coding_app.views.records"):
    from coding_app.views import records

    study += [
        path("records/", records.index, name="records"),
        path("records/<int:pk>/", records.show, name="record"),
    ]
if find_spec("coding_app.views.codes"):
    from coding_app.views import codes

    study += [
        path("classification/", codes.classification, name="classification"),
        path("dictionary/", codes.dictionary, name="dictionary"),
    ]


named = {entry.name for entry in study if isinstance(entry, URLPattern)}
for name in ("queue", "records", "classification", "dictionary"):  # until their screens are there
    if name not in named:
        study.append(path(f"{name}/", dashboard.show, name=name))

urlpatterns: list[URLPattern | URLResolver] = [
    path("", studies.index, name="studies"),
    path("login/", account.login, name="login"),
    path("logout/", account.logout, name="logout"),
    path("password/", account.password_change, name="password_change"),
    path("language/", account.set_language, name="set_language"),
    path("new-study/", studies.create, name="study-create"),
    path("healthz", health.check, name="healthz"),
    path("studies/<str:slug>/", include(study)),
    path("admin/", admin.site.urls),
]
if find_spec("coding_app.api") and find_spec("coding_app.api.urls"):
    urlpatterns += [path("api/v1/", include("coding_app.api.urls"))]
