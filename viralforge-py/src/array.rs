//! Arrays that own the buffer that Rust filled: nothing is copied on the way to numpy.

use std::convert::Infallible;

use numpy::ndarray::{Array3, Dimension, Ix1, Ix3};
use numpy::{Element, PyArray, PyArray1, PyArray3, PyReadonlyArray1};
use pyo3::prelude::*;
use viralforge_core::Result;

use crate::json;

/// A numpy array under the type that the stub gives it.
pub(crate) struct Owned<'py, T, D>(Bound<'py, PyArray<T, D>>);

impl<'py, T: Element> Owned<'py, T, Ix1> {
    pub(crate) fn of(py: Python<'py>, values: Vec<T>) -> Self {
        Self(PyArray1::from_vec(py, values))
    }
}

impl<'py, T: Element> Owned<'py, T, Ix3> {
    pub(crate) fn picture(py: Python<'py>, pixels: Array3<T>) -> Self {
        Self(PyArray3::from_owned_array(py, pixels))
    }
}

/// The scalar type in `numpy`.
pub(crate) trait Scalar: Element {
    #[cfg(feature = "stubs")]
    const HINT: pyo3::inspect::PyStaticExpr;
}

macro_rules! scalars {
    ($($rust:ty => $numpy:literal),*) => {$(
        impl Scalar for $rust {
            #[cfg(feature = "stubs")]
            const HINT: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("numpy", $numpy);
        }
    )*};
}

scalars!(u8 => "uint8", i16 => "int16", u32 => "uint32", i64 => "int64", f32 => "float32", f64 => "float64");

impl<'py, T: Scalar, D: Dimension> IntoPyObject<'py> for Owned<'py, T, D> {
    type Target = PyArray<T, D>;
    type Output = Bound<'py, Self::Target>;
    type Error = Infallible;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr =
        pyo3::type_hint_subscript!(pyo3::type_hint_identifier!("numpy.typing", "NDArray"), T::HINT);

    fn into_pyobject(self, _: Python<'py>) -> std::result::Result<Self::Output, Self::Error> {
        Ok(self.0)
    }
}

/// An array that comes back from Python.
pub(crate) struct Given<'py, T: Element>(PyReadonlyArray1<'py, T>);

impl<T: Element + Copy> Given<'_, T> {
    /// Its values; `name` says in errors what it is.
    pub(crate) fn to_vec(&self, name: &'static str) -> Result<Vec<T>> {
        self.0.as_slice().map(<[T]>::to_vec).map_err(|problem| json::invalid(name, problem))
    }
}

impl<'py, T: Scalar> FromPyObject<'_, 'py> for Given<'py, T> {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = <Owned<'py, T, Ix1> as IntoPyObject<'py>>::OUTPUT_TYPE;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(object.extract()?))
    }
}
