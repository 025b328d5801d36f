// Looking closer: a view is a scale and a shift in pixels; the picture never leaves its frame.
export interface View { zoom: number; x: number; y: number }
const MOST = 8;

export function clampView(view: View, width: number, height: number): View {
  const zoom = Math.min(MOST, Math.max(1, view.zoom));
  const within = (at: number, size: number): number => Math.min(0, Math.max(size * (1 - zoom), at));
  return { zoom, x: within(view.x, width), y: within(view.y, height) };
}

/** Scale by `factor` about a point of the frame, which stays where it is. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const zoom = Math.min(MOST, Math.max(1, view.zoom * factor));
  const by = zoom / view.zoom;
  return { zoom, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
}
