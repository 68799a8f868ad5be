# SPDX-License-Identifier: MIT
# Written by tools/python_stubs from signatures and docstrings.
from ._files import load as load
from ._library import Error as Error
from ._library import FileError as FileError
from ._library import InputError as InputError
from ._library import Note as Note
from ._library import NumericError as NumericError
from ._library import OutOfMemory as OutOfMemory
from ._library import Unsupported as Unsupported
from .dimension import LevinaBickel as LevinaBickel
from .dimension import TwoNN as TwoNN
from .forecaster import DLinear as DLinear
from .forecaster import Forecaster as Forecaster
from .forecaster import NLinear as NLinear
from .forecaster import Naive as Naive
from .forecaster import RLinear as RLinear
from .forecaster import SeasonalNaive as SeasonalNaive
from .forecaster import TimeStar as TimeStar
from .forecaster import TimeStarMamba as TimeStarMamba
from .forecaster import iTransformer as iTransformer
from .neighbors import kneighbors as kneighbors
from .nextstep import NextStep as NextStep
from .nextstep import synth as synth
from .umap import UMAP as UMAP
from .zeroshot import ZeroShot as ZeroShot

__version__: str
