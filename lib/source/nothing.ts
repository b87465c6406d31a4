/** The empty list, one for all: what most objects have of findings and names is not made anew for each of them. */
export const nothing: readonly never[] = Object.freeze([]);
