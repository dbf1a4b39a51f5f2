
use super::features::*;
use crate::picture::SmallPicture;
use crate::geometry::Size;
use crate::time::Timestamp;
use std::io::Write;
#[test]
#[ignore]
fn dump() {
    let dir = "/tmp/va/small";
    for line in std::fs::read_to_string(format!("{dir}/index.txt")).unwrap().lines() {
        let p: Vec<&str> = line.split_whitespace().collect();
        let (w, h): (usize, usize) = (p[1].parse().unwrap(), p[2].parse().unwrap());
        let meta: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(format!("/work/shared/media/scenes/{}.json", p[0])).unwrap()).unwrap();
        let fps = meta["fps"].as_f64().unwrap();
        let pts = meta["pts"].as_array().cloned();
        let raw = std::fs::read(format!("{dir}/{}.raw", p[0])).unwrap();
        let mut win = FeatureWindow::default();
        let mut rows: Vec<f32> = vec![];
        let mut n = 0;
        let t0 = std::time::Instant::now();
        let mut sink = |f: Features| {
            rows.push(f.time.as_seconds_f64() as f32);
            rows.extend([f.mean, f.contrast, f.raw_step]);
            for d in [f.step, f.lasting] { rows.extend([d.luma, d.normalized, d.chroma, d.histogram, d.calm]); }
            for s in f.spans {
                rows.extend([s.before as f32, s.after as f32, s.middle.ends, s.middle.share, s.middle.mix_residual, s.middle.pick_residual, s.quarter, s.three_quarters, s.ends.luma, s.ends.normalized, s.ends.chroma, s.ends.histogram, s.ends.calm]);
            }
        };
        for (i, f) in raw.chunks_exact(w * h * 3).enumerate() {
            let time = match &pts { Some(p) => Timestamp::from_seconds_f64(p[i].as_f64().unwrap()), None => Timestamp::from_seconds_f64(i as f64 / fps) };
            let pic = SmallPicture { size: Size::new(w as u32, h as u32), luma: f[..w * h].to_vec(), cb: f[w * h..2 * w * h].to_vec(), cr: f[2 * w * h..].to_vec() };
            win.push(time, &pic, &mut sink);
            n += 1;
        }
        win.finish(&mut sink);
        println!("{} {} frames {:.3} ms/frame", p[0], n, t0.elapsed().as_secs_f64() * 1000.0 / n as f64);
        let bytes: Vec<u8> = rows.iter().flat_map(|v| v.to_le_bytes()).collect();
        std::fs::File::create(format!("{dir}/{}.feat", p[0])).unwrap().write_all(&bytes).unwrap();
    }
}
