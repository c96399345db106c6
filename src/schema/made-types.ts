import { ArgsType, Field, InputType, ObjectType } from 'type-graphql';

/** GraphQL types made from declarations at start-up, where no class is written by hand. */

function named(name: string): Function {
  return { [name]: class {} }[name] as Function;
}

/** An object type without fields yet. */
export function makeObjectType(name: string, description: string): Function {
  const made = named(name);
  ObjectType(name, { description, simpleResolvers: true })(made);
  return made;
}

/** An input type without fields yet. */
export function makeInputType(name: string, description: string): Function {
  const made = named(name);
  InputType(name, { description })(made);
  return made;
}

/** A set of arguments without any yet; the name is for error texts alone. */
export function makeArguments(name: string): Function {
  const made = named(name);
  ArgsType()(made);
  return made;
}

/** Adds a field to a type, made or written by hand. `type` is read when the schema is built. */
export function addField(
  target: Function,
  name: string | symbol,
  type: () => unknown,
  options: { description: string; nullable?: boolean; defaultValue?: unknown },
): void {
  Field(type as () => never, options)(target.prototype as object, name);
}
