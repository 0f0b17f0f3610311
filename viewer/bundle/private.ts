/** Short names for private members. TypeScript sees to it that nobody else uses them; a minifier cannot know. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

interface Names {
  readonly hidden: Set<string>;
  /** Known to more than one class or to the world: messages, JSON, what the browser gives. */
  readonly known: Set<string>;
}

const isPrivate = (node: ts.Node): boolean => ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);

const isMember = (node: ts.Node): node is ts.NamedDeclaration =>
  ts.isPropertyDeclaration(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node) || ts.isPropertySignature(node) || ts.isMethodSignature(node) ||
  ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node) || (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)); // prettier-ignore

function collect(node: ts.Node, { hidden, known }: Names): void {
  if (isMember(node) && node.name !== undefined && ts.isIdentifier(node.name)) (isPrivate(node) ? hidden : known).add(node.name.text);
  ts.forEachChild(node, (child) => collect(child, { hidden, known }));
}

/** @param folder of all sources. @returns what terser may rename: names that are nowhere else those of something public */
export function privateNames(folder: string): { readonly regex: RegExp; readonly reserved: string[]; readonly keep_quoted: "strict" } {
  const names: Names = { hidden: new Set(), known: new Set() };
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".ts")) collect(ts.createSourceFile(name, readFileSync(join(folder, name), "utf8"), ts.ScriptTarget.Latest, true), names);
  }
  const own = [...names.hidden].filter((name) => !names.known.has(name));
  return { regex: new RegExp(`^(${own.join("|")})$`), reserved: [...names.known], keep_quoted: "strict" };
}
