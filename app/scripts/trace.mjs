// Reads Chromium's own trace: first paint, bytes over the wire, and the tasks of a page's threads.

/** What must be traced for the readers below. */
export const CATEGORIES = ['-*', 'loading', 'blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'];

/** Return the events of the page under `url`; pages that the browser keeps ready beside it are left out. */
export function traceOf(buffer, url) {
  const { traceEvents: all } = JSON.parse(buffer.toString());
  const started = all.findLast((one) => one.name === 'navigationStart' && one.args.data?.documentLoaderURL?.startsWith(url));
  const threads = new Map(all.filter((one) => one.name === 'thread_name').map((one) => [`${one.pid} ${one.tid}`, one.args.name]));
  const nameOf = (one) => threads.get(`${one.pid} ${one.tid}`) ?? '';
  // Without a navigation in the trace, the page is where most of its kind of tasks are.
  const pid = started?.pid ?? busiest(all.filter((one) => one.name === 'RunTask' && nameOf(one) === 'CrRendererMain'));
  return { events: all.filter((one) => one.pid === pid), nameOf, started };
}

function busiest(events) {
  const counts = new Map();
  for (const { pid } of events) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** Return the milliseconds from the start of the navigation to the first contentful paint, or null. */
export function firstPaint({ events, started }) {
  const paint = events.find((one) => one.name === 'firstContentfulPaint' && one.ts >= (started?.ts ?? Infinity));
  return paint ? (paint.ts - started.ts) / 1000 : null;
}

/** Return the bytes that came over the wire, compressed and with headers; the answers of the API are left out. */
export function bytes({ events }) {
  const asked = events.filter((one) => one.name === 'ResourceSendRequest').map((one) => one.args.data);
  const answers = new Set(asked.filter((one) => one.url.includes('/v1/')).map((one) => one.requestId));
  return events
    .filter((one) => one.name === 'ResourceFinish' && !answers.has(one.args.data.requestId))
    .reduce((sum, one) => sum + one.args.data.encodedDataLength, 0);
}

/** Return the longest task of a page's threads of a name, by the clock and by the processor, and how many took over 50 ms. */
export function tasks({ events, nameOf }, thread = 'CrRendererMain') {
  const run = events.filter((one) => one.name === 'RunTask' && one.ph === 'X' && nameOf(one) === thread);
  const longest = (of) => run.reduce((most, one) => Math.max(most, one[of] ?? 0), 0) / 1000;
  return {
    tasks: run.length,
    longest_task_ms: longest('dur'),
    longest_task_cpu_ms: longest('tdur'),
    tasks_over_50_ms: run.filter((one) => one.dur > 50_000).length,
  };
}
