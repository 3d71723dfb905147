/**
 * How much a bench does. `short`: only shows that it runs; its figures mean nothing. `usual`: its share of the ten minutes
 * that all of them may take. `full`: what one takes that is asked for by name.
 */
export type Scale = 'short' | 'usual' | 'full'
