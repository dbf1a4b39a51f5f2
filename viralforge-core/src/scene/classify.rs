//! From evidence to probability, by two small models.

use super::evidence::{CUT_INPUTS, GRADUAL_INPUTS, View};
use super::features::SPANS_MS;
use super::model::{CUT_BIAS, CUT_WEIGHTS, HIDDEN_BIAS, HIDDEN_WEIGHTS, OUT_BIAS, OUT_WEIGHTS};

/// Probability that a frame with such evidence is the first of a new shot: a logistic regression.
pub(super) fn cut_probability(inputs: &[f32; CUT_INPUTS]) -> f32 {
    logistic(CUT_BIAS + inputs.iter().zip(&CUT_WEIGHTS).map(|(x, w)| x * w).sum::<f32>())
}

/// Probability that a gradual change fills the span: a network with one hidden layer.
pub(super) fn gradual_probability(inputs: &[f32; GRADUAL_INPUTS], span: usize) -> f32 {
    let mut sum = OUT_BIAS;
    for ((weights, bias), out) in HIDDEN_WEIGHTS.iter().zip(&HIDDEN_BIAS[span]).zip(&OUT_WEIGHTS) {
        let activation: f32 = bias + inputs.iter().zip(weights).map(|(x, w)| x * w).sum::<f32>();
        sum += out * activation.tanh();
    }
    logistic(sum)
}

/// The span that a gradual change around the frame fills most probably, and that probability.
pub(super) fn best_span(view: &View<'_>) -> Option<(usize, f32)> {
    (0..SPANS_MS.len())
        .filter(|span| view.may_be_gradual(*span))
        .map(|span| (span, gradual_probability(&view.gradual_inputs(span), span)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
