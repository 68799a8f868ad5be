# SPDX-License-Identifier: MIT
"""What scikit-learn expects of an estimator, also where scikit-learn is not installed."""

import inspect
import sys

import numpy as np

from ._library import InputError, warn, wrong
from ._points import as_points, names_of


class NotFitted(InputError, AttributeError):
    """An estimator was used before fit(). Where scikit-learn is loaded also its NotFittedError."""


def _not_fitted(text):
    theirs = sys.modules.get("sklearn.exceptions")
    if theirs is None:
        return NotFitted(text)
    return type("NotFitted", (NotFitted, theirs.NotFittedError), {})(text)


class Estimator:
    """Parameters by name, as scikit-learn's clone, grid search and pipelines want them.

    Parameters are the arguments of __init__, which only stores them; what fit() finds ends with _.
    """

    _least_points = 2
    _is_transformer = False
    _fitted = "n_features_in_"  # the attribute that says so

    # ---- parameters ------------------------------------------------------------------------

    @classmethod
    def _defaults(cls):
        parameters = inspect.signature(cls.__init__).parameters
        return {name: p.default for name, p in parameters.items() if name != "self"}

    def get_params(self, deep=True):
        """Parameters by name. deep is there for scikit-learn: none of them is an estimator."""
        return {name: getattr(self, name) for name in sorted(self._defaults())}

    def set_params(self, **params):
        """Set **params by name; ValueError for an unknown one. Returns self."""
        known = self._defaults()
        for name in params:
            if name not in known:
                raise InputError(
                    f"Invalid parameter {name!r} for estimator {self}. Valid parameters are: "
                    f"{sorted(known)!r}."
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def _is_default(self, name):
        value, default = getattr(self, name), self._defaults()[name]
        if value is default:
            return True
        try:
            return type(value) is type(default) and bool(value == default)
        except (TypeError, ValueError):  # an array
            return False

    def _refuse_others(self, names, why):
        for name in names:
            value, default = getattr(self, name), self._defaults()[name]
            if not (self._is_default(name) or (np.isscalar(value) and value == default)):
                raise wrong(name, f"{value!r} is not possible here: {why}; leave it at {default!r}")

    def __repr__(self):
        changed = (
            f"{name}={getattr(self, name)!r}" for name in self._defaults() if not self._is_default(name)
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    # ---- what scikit-learn asks --------------------------------------------------------------

    def __sklearn_tags__(self):
        from sklearn.utils import Tags, TargetTags, TransformerTags

        transformer = TransformerTags(preserves_dtype=["float32"]) if self._is_transformer else None
        tags = Tags(estimator_type=None, target_tags=TargetTags(required=False), transformer_tags=transformer)
        tags.non_deterministic = False
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, self._fitted)

    def _check_fitted(self):
        if not self.__sklearn_is_fitted__():
            raise _not_fitted(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate "
                "arguments before using this estimator."
            )

    # ---- frames ------------------------------------------------------------------------------

    def _set_output(self, transform):
        if transform not in (None, "default", "pandas", "polars"):
            raise InputError(f"set_output: transform={transform!r}; use 'default', 'pandas' or 'polars'")
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}  # where scikit-learn's clone() looks
        return self

    def _as_wanted(self, values, X):
        """The array, or the frame that set_output(), or else scikit-learn's set_config(), asks for."""
        sklearn = sys.modules.get("sklearn")
        usual = sklearn.get_config()["transform_output"] if sklearn else "default"
        kind = getattr(self, "_sklearn_output_config", {}).get("transform", usual)
        if kind == "default":
            return values
        names = list(self.get_feature_names_out())
        if kind == "polars":
            import polars

            return polars.DataFrame(values, schema=names, orient="row")
        import pandas

        return pandas.DataFrame(values, columns=names, index=getattr(X, "index", None))

    # ---- points ------------------------------------------------------------------------------

    def _take_points(self, X):
        """Points to fit on; notes their number of features and their names."""
        names, points = names_of(X), as_points(X, type(self).__name__, self._least_points)
        self.n_features_in_ = points.shape[1]
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return points

    def _take_more(self, X):
        """Other points of the same features."""
        self._check_fitted()
        self._check_names(names_of(X))
        points = as_points(X, type(self).__name__, 1)
        if points.shape[1] != self.n_features_in_:
            raise InputError(
                f"X has {points.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input."
            )
        return points

    def _check_names(self, names):
        fitted = getattr(self, "feature_names_in_", None)
        who = type(self).__name__
        if fitted is None and names is not None:
            warn(f"X has feature names, but {who} was fitted without feature names", UserWarning)
        elif fitted is not None and names is None:
            warn(f"X does not have valid feature names, but {who} was fitted with feature names", UserWarning)
        elif fitted is not None and list(fitted) != list(names):
            raise InputError(_difference(list(fitted), list(names)))


def _difference(fitted, given):
    text = "The feature names should match those that were passed during fit.\n"
    unseen, missing = sorted(set(given) - set(fitted)), sorted(set(fitted) - set(given))
    if unseen:
        text += "Feature names unseen at fit time:\n" + "".join(f"- {name}\n" for name in unseen[:5])
    if missing:
        text += "Feature names seen at fit time, yet now missing:\n" + "".join(
            f"- {n}\n" for n in missing[:5]
        )
    if not unseen and not missing:
        text += "Feature names must be in the same order as they were in fit.\n"
    return text
