"""The curve of a training's loss."""

import pytest

from coding_app.views.loss_curve import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, loss_curve


def test_one_point_makes_no_curve() -> None:
    assert loss_curve([]) is None
    assert loss_curve([[0.5, 1.0]]) is None


def test_the_curve_runs_from_the_left_edge_to_the_right_and_falls_with_the_loss() -> None:
    curve = loss_curve([[0.0, 4.0], [0.5, 2.0], [1.0, 0.0]])
    assert curve is not None
    points = [tuple(map(float, point.split(","))) for point in curve.line.split()]
    assert points[0] == (LEFT, TOP)
    assert points[-1] == (WIDTH - RIGHT, HEIGHT - BOTTOM)
    assert points[1] == ((points[0][0] + points[2][0]) / 2, (points[0][1] + points[2][1]) / 2)
    assert (curve.first, curve.last) == (4.0, 0.0)


@pytest.mark.parametrize(
    ("highest", "labels"),
    [
        (0.65, ["0", "0.2", "0.4", "0.6", "0.8"]),
        (4.4, ["0", "2", "4", "6"]),
        (173.0, ["0", "50", "100", "150", "200"]),
        (0.0, ["0", "5e-07", "1e-06"]),
    ],
)
def test_the_scale_is_marked_at_round_losses_up_to_the_highest(highest: float, labels: list[str]) -> None:
    curve = loss_curve([[0.0, highest], [1.0, 0.0]])
    assert curve is not None
    assert [tick.label for tick in curve.up] == labels
    heights = [tick.at for tick in curve.up]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == HEIGHT - BOTTOM
    assert heights[-1] >= TOP
