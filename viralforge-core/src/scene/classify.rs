//! From evidence to probability, by two small models.

use super::evidence::{CUT_INPUTS, GRADUAL_INPUTS, View};
use super::features::SPANS_MS;
use super::model::{
    CUT_DIRECT_WEIGHTS, CUT_HIDDEN_BIAS, CUT_HIDDEN_WEIGHTS, CUT_OUT_BIAS, CUT_OUT_WEIGHTS, GRADUAL_HIDDEN_BIAS,
    GRADUAL_HIDDEN_WEIGHTS, GRADUAL_OUT_BIAS, GRADUAL_OUT_WEIGHTS,
};

/// Probability that a frame with such evidence is the first of a new shot: a logistic regression with a network of one
/// hidden layer beside it, for what counts only together.
pub(super) fn cut_probability(inputs: &[f32; CUT_INPUTS]) -> f32 {
    let direct = product(inputs, &CUT_DIRECT_WEIGHTS);
    logistic(CUT_OUT_BIAS + direct + network(inputs, &CUT_HIDDEN_WEIGHTS, &CUT_HIDDEN_BIAS, &CUT_OUT_WEIGHTS))
}

/// Probability that a gradual change fills the span: a network with one hidden layer.
pub(super) fn gradual_probability(inputs: &[f32; GRADUAL_INPUTS], span: usize) -> f32 {
    let bias = &GRADUAL_HIDDEN_BIAS[span];
    logistic(GRADUAL_OUT_BIAS + network(inputs, &GRADUAL_HIDDEN_WEIGHTS, bias, &GRADUAL_OUT_WEIGHTS))
}

/// The span that a gradual change around the frame fills most probably, and that probability.
pub(super) fn best_span(view: &View<'_>) -> Option<(usize, f32)> {
    (0..SPANS_MS.len())
        .filter(|span| view.may_be_gradual(*span))
        .map(|span| (span, gradual_probability(&view.gradual_inputs(span), span)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// What a hidden layer makes of the inputs.
fn network<const N: usize>(inputs: &[f32; N], weights: &[[f32; N]], bias: &[f32], out: &[f32]) -> f32 {
    let hidden = weights.iter().zip(bias).map(|(weights, bias)| (bias + product(inputs, weights)).tanh());
    hidden.zip(out).map(|(activation, out)| activation * out).sum()
}

fn product<const N: usize>(inputs: &[f32; N], weights: &[f32; N]) -> f32 {
    inputs.iter().zip(weights).map(|(x, w)| x * w).sum()
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
