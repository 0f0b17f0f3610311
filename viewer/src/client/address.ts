/** Whether a name is the address of a store, rather than that of a server's image. */
export const isAddress = (name: string): boolean => /^https?:\/\//.test(name);
