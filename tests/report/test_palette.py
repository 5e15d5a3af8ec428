"""Colours of series: contrast with the background, and distance in normal and colour-blind sight."""

from itertools import combinations

import numpy
import pytest

from spacy_mtl.report.palette import BACKGROUND, SERIES

#: What is seen without the cones for red and for green, of linear light (Machado et al. 2009).
SIGHT = {
    "all cones": numpy.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def light_of(colour):
    parts = numpy.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return numpy.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return light_of(colour) @ [0.2126, 0.7152, 0.0722]


def seen(colour, sight):
    light = numpy.clip(numpy.array(sight) @ light_of(colour), 0, 1)
    return numpy.array(TO_OKLAB) @ numpy.cbrt(numpy.array(TO_CONES) @ light)


@pytest.mark.parametrize("theme", SERIES)
def test_colours_stand_out_from_the_background(theme):
    for colour in SERIES[theme]:
        high, low = sorted((luminance(colour), luminance(BACKGROUND[theme])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", SERIES)
def test_any_two_colours_are_told_apart(theme, sight):
    for one, other in combinations(SERIES[theme], 2):
        distance = numpy.linalg.norm(seen(one, SIGHT[sight]) - seen(other, SIGHT[sight]))
        assert distance >= 0.13, (one, other)
