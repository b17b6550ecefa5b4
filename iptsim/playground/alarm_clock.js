// The clock of Python in a worker: SIGALRM every five seconds of a question, as `iptsim/cli/patience.py`
// has them counted by the system elsewhere. Pyodide looks into a buffer now and then whether a signal
// came; no other thread need write it: looking at its only place looks at the time.
const SIGALRM = 14, EVERY = 5000;

export function alarmClock(now) {
  let due = Infinity;
  const buffer = {
    get 0() {
      if (now() < due) return 0;
      due = now() + EVERY;
      return SIGALRM;
    },
    set 0(_taken) {}, // Pyodide clears it
  };
  return { buffer, start: () => { due = now() + EVERY; }, stop: () => { due = Infinity; } };
}
