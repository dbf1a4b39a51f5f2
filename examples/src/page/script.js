'use strict';
// One player at a time, and a line in the timeline where it is.
const players = document.querySelectorAll('video');
const timeline = document.querySelector('.timeline');
const playhead = document.querySelector('.playhead');
const follow = player => {
  if (!timeline || player.paused) return;
  const at = (Number(player.dataset.start) + player.currentTime) / Number(timeline.dataset.length);
  const x = `${Math.min(100, at * 100)}%`;
  playhead.setAttribute('x1', x);
  playhead.setAttribute('x2', x);
  playhead.setAttribute('visibility', 'visible');
  requestAnimationFrame(() => follow(player));
};
for (const player of players) {
  player.addEventListener('play', () => {
    for (const other of players) if (other !== player) other.pause();
    follow(player);
  });
}
