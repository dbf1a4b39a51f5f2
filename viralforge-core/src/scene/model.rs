//! placeholder
pub(super) const CUT_WEIGHTS: [f32; 19] = [0.0; 19];
pub(super) const CUT_BIAS: f32 = 0.0;
pub(super) const HIDDEN_WEIGHTS: [[f32; 17]; 1] = [[0.0; 17]; 1];
pub(super) const HIDDEN_BIAS: [[f32; 1]; 5] = [[0.0; 1]; 5];
pub(super) const OUT_WEIGHTS: [f32; 1] = [0.0; 1];
pub(super) const OUT_BIAS: f32 = 0.0;
