"""The compose file is valid and agrees with the program: settings, commands, health checks, what is open."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve

from coding_app.choices import WorkQueue
from tests.shared import REPOSITORY

COMPOSE = REPOSITORY / "docker" / "compose.yml"
WORKERS = {"worker": "default", "model-worker": "model", "training-worker": "training"}
OURS = {"migrate", "web", *WORKERS}
SERVERS = {"postgres", "redis"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services by name, YAML anchors resolved, variables as written."""
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return services


def names_read_by_settings() -> set[str]:
    """The environment variables that the settings ask `coding_app.env` for."""
    text = (REPOSITORY / "coding_app" / "settings.py").read_text("utf-8")
    return set(re.findall(r'env\.\w+\("([A-Z_]+)"', text))


def variables(text: str) -> set[str]:
    """The variables that a compose file interpolates."""
    return set(re.findall(r"\$\{([A-Z_]+)", text))


def test_the_file_obeys_the_compose_specification() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_services_are_the_ones_the_architecture_names(services: dict[str, dict[str, Any]]) -> None:
    assert set(services) == OURS | SERVERS


def test_no_image_is_unversioned_or_latest(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        _, _, tag = service["image"].partition(":")
        assert tag not in {"", "latest"}, service["image"]


def test_our_services_set_only_what_is_read(services: dict[str, dict[str, Any]]) -> None:
    of_libraries = {"WEB_CONCURRENCY", "OMP_NUM_THREADS", "HF_HUB_OFFLINE"}
    for name in OURS:
        assert set(services[name]["environment"]) <= names_read_by_settings() | of_libraries, name


def test_our_services_share_their_settings(services: dict[str, dict[str, Any]]) -> None:
    shared = services["migrate"]["environment"]
    assert shared["DEBUG"] == "0"
    for name in OURS:
        own = dict(services[name]["environment"])
        own.pop("WEB_CONCURRENCY", None)
        own.pop("OMP_NUM_THREADS", None)
        assert own == shared, name


def test_no_service_of_ours_asks_a_hub(services: dict[str, dict[str, Any]]) -> None:
    assert {services[name]["environment"]["HF_HUB_OFFLINE"] for name in OURS} == {"1"}


def test_who_computes_with_models_does_it_with_bounded_threads(services: dict[str, dict[str, Any]]) -> None:
    bounded = {name for name in OURS if "OMP_NUM_THREADS" in services[name]["environment"]}
    assert bounded == {"model-worker", "training-worker"}
    # 1024 is what the others have: a page is answered while a model is trained.
    assert services["training-worker"]["cpu_shares"] < 1024


def test_a_missing_secret_stops_the_start_and_none_is_in_the_file(
    services: dict[str, dict[str, Any]],
) -> None:
    text = COMPOSE.read_text("utf-8")
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\$\{{{secret}(.)(.)", text)
        assert set(uses) == {(":", "?")}, secret
    assert services["web"]["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_the_example_names_every_variable_and_gives_no_secret() -> None:
    example = (REPOSITORY / "docker" / "env.example").read_text("utf-8")
    named = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", example, flags=re.MULTILINE))
    assert set(named) == variables(COMPOSE.read_text("utf-8")) - {"TIEBREAK_VERSION"}
    assert named["SECRET_KEY"] == named["POSTGRES_PASSWORD"] == ""


def test_the_health_check_may_ask_for_localhost(services: dict[str, dict[str, Any]]) -> None:
    assert services["web"]["environment"]["ALLOWED_HOSTS"].split(",")[0] == "localhost"


def test_only_web_has_a_port_and_only_on_this_machine(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "ports" in service} == {"web"}
    assert [port.startswith("127.0.0.1:") for port in services["web"]["ports"]] == [True]


def test_only_web_reaches_a_network_with_a_way_out(services: dict[str, dict[str, Any]]) -> None:
    networks = yaml.safe_load(COMPOSE.read_text("utf-8"))["networks"]
    closed = {name for name, network in networks.items() if network and network.get("internal")}
    assert {name for name, service in services.items() if not set(service["networks"]) <= closed} == {"web"}


def test_every_service_that_stays_up_has_a_health_check_and_restarts(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in set(services) - {"migrate"}:
        assert services[name]["healthcheck"]["test"][0] == "CMD", name
        assert services[name]["restart"] == "unless-stopped", name
    assert services["migrate"]["restart"] == "no"


def test_web_and_workers_wait_for_healthy_servers_and_a_finished_migration(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in ("web", *WORKERS):
        conditions = {on: how["condition"] for on, how in services[name]["depends_on"].items()}
        assert conditions == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


def test_every_management_command_exists(services: dict[str, dict[str, Any]]) -> None:
    called = set()
    for service in services.values():
        for command in (service.get("command", []), service.get("healthcheck", {}).get("test", [])):
            if "manage.py" in command:
                called.add(command[command.index("manage.py") + 1])
    assert called == {"migrate", "worker_alive"}
    assert called <= set(get_commands())


def test_the_readme_calls_only_commands_that_exist() -> None:
    readme = (REPOSITORY / "docker" / "README.md").read_text("utf-8")
    called = set(re.findall(r"manage\.py (\w+)", readme))
    assert called
    assert called <= set(get_commands())


def test_the_page_of_the_health_check_exists(services: dict[str, dict[str, Any]]) -> None:
    assert any("http://localhost:8000/healthz" in part for part in services["web"]["healthcheck"]["test"])
    assert resolve("/healthz")


def test_each_queue_has_a_worker_of_its_own_that_is_asked_after_it(
    services: dict[str, dict[str, Any]],
) -> None:
    assert set(WORKERS.values()) == set(WorkQueue.values)
    assert WorkQueue.DEFAULT == settings.CELERY_TASK_DEFAULT_QUEUE
    for name, queue in WORKERS.items():
        command = services[name]["command"]
        assert command[:4] == ["celery", "-A", "coding_app", "worker"]
        assert command[command.index("-Q") + 1] == queue
        check = services[name]["healthcheck"]["test"]
        assert check[check.index("worker_alive") :] == ["worker_alive", "--queue", queue]


def test_one_model_is_trained_at_a_time(services: dict[str, dict[str, Any]]) -> None:
    for name in ("model-worker", "training-worker"):
        command = services[name]["command"]
        assert command[command.index("--concurrency") + 1] == "1", name


def test_root_file_systems_are_read_only_and_privileges_cannot_grow(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name in OURS:
        assert services[name]["cap_drop"] == ["ALL"], name


def test_web_and_workers_share_one_volume_for_uploads_exports_and_models(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in ("web", *WORKERS):
        assert services[name]["volumes"] == ["files:/data"], name
        for folder in ("MEDIA_ROOT", "MODELS_DIR"):
            assert services[name]["environment"][folder].startswith("/data/")
    declared = set(yaml.safe_load(COMPOSE.read_text("utf-8"))["volumes"])
    used = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert used == declared
