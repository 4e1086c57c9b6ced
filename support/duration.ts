/** A time for people: "8.4 s", "75 s", "12 min", "3 h 20 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return hours < 48 && rest > 0 ? `${hours} h ${rest} min` : `${Math.round(minutes / 60)} h`;
}
