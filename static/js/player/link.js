// The address says where we are: #f=61, #f=61-84, #c=<comment>. Read on arrival, written while paused.

export function read(hash) {
  const place = /^#f=(\d+)(?:-(\d+))?$/.exec(hash);
  if (place) return { frame: Number(place[1]), out: place[2] === undefined ? null : Number(place[2]) };
  const comment = /^#c=([\w-]+)$/.exec(hash);
  return comment ? { comment: comment[1] } : null;
}

export const write = ({ frame, range, comment }) => {
  if (comment) return `#c=${comment}`;
  return range ? `#f=${range.in}-${range.out}` : `#f=${frame}`;
};

/** replaceState, not location.hash: a step through frames must not fill the back button. */
export function keep(hash) {
  if (hash !== location.hash) history.replaceState(history.state, "", hash);
}
