/** How long the fleet before is kept where weights move traffic, in seconds. */
export const HOLD_S = 10;
