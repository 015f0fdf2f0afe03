/** Whose turn it is: owners one after the other, and within an owner its lanes one after the other. */

export interface Pick {
  lane: string;
  owner: string;
  /** How many jobs to take. */
  limit: number;
}

export interface Turns {
  /** This lane may have work. */
  add(lane: string, owner: string): void;
  has(lane: string): boolean;
  /** How many lanes wait. */
  readonly size: number;
  /**
   * Takes one lane of each owner, `free` jobs in all at most, as many a lane as `room` says. A lane taken is no longer
   * waiting; whoever finds that more is there adds it again and stands at the end of the row.
   */
  take(free: number, room: (lane: string, owner: string) => number): Pick[];
}

export function createTurns(): Turns {
  const owners = new Map<string, Set<string>>();
  const waiting = new Set<string>();

  function takeOf(
    owner: string,
    lanes: Set<string>,
    free: number,
    room: (lane: string, owner: string) => number,
  ) {
    for (const lane of lanes) {
      const limit = Math.min(room(lane, owner), free);
      if (limit <= 0) continue;
      lanes.delete(lane);
      waiting.delete(lane);
      return { lane, owner, limit };
    }
    return undefined;
  }

  return {
    add(lane, owner) {
      waiting.add(lane);
      const lanes = owners.get(owner);
      if (lanes) lanes.add(lane);
      else owners.set(owner, new Set([lane]));
    },
    has: (lane) => waiting.has(lane),
    get size() {
      return waiting.size;
    },
    take(free, room) {
      const picks: Pick[] = [];
      let left = free;
      for (const [owner, lanes] of [...owners]) {
        if (left <= 0) break;
        const pick = takeOf(owner, lanes, left, room);
        if (!pick) continue;
        left -= pick.limit;
        picks.push(pick);
        // Whoever had a turn goes to the end of the row.
        owners.delete(owner);
        if (lanes.size > 0) owners.set(owner, lanes);
      }
      return picks;
    },
  };
}
