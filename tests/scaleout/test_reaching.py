"""Who gets to the pool and who does not, and what the operator is told: `figment doctor`, in real processes."""

from __future__ import annotations

import pytest

from tests.scaleout.conftest import Doctors


@pytest.mark.parametrize("who", ["member", "client"])
def test_doctor_names_the_pool(doctors: Doctors, who: str) -> None:
    said = doctors[who].result()
    assert "ok pool of 0 to 4 replicas on the Ray cluster at ray" in said
    assert "2 nodes, " in said
    assert "of 2 CPUs" in said
    assert "asks for no token" not in said


@pytest.mark.parametrize("who", ["member", "client"])
def test_nobody_gets_in_without_a_token(doctors: Doctors, who: str) -> None:
    said = doctors[f"{who} without a token"].result()
    assert "wrong the pool cannot be reached" in said
    assert "the cluster wants a token. Give this process the cluster's own token: RAY_AUTH_TOKEN" in said


@pytest.mark.parametrize("who", ["member", "client"])
def test_nobody_gets_in_with_another_token(doctors: Doctors, who: str) -> None:
    said = doctors[f"{who} with another token"].result()
    assert "wrong the pool cannot be reached" in said
    assert "not to our token" in said


def test_a_cluster_that_is_not_there(doctors: Doctors) -> None:
    said = doctors["no cluster"].result()
    assert "wrong the pool cannot be reached" in said
    assert "Ray client server (10001 unless changed)" in said


def test_ray_that_is_not_installed(doctors: Doctors) -> None:
    said = doctors["no ray"].result()
    assert "wrong the pool cannot be reached" in said
    assert "pip install 'figment[ray]'" in said


def test_without_a_cluster_there_will_be_one(doctors: Doctors) -> None:
    assert "on a Ray cluster of its own, which starts with `figment serve`" in doctors["a cluster of its own"].result()
