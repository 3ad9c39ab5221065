/** Why a finding misses, by its id; told in RESULTS.md only while it does. */
export const REASONS: Readonly<Record<string, string>> = {};
