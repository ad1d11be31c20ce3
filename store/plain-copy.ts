/**
 * A deep copy as the database gives it back: without `undefined`, and with U+FFFD for halves of surrogate pairs, which
 * UTF-8 cannot carry. What is hashed must be such a copy, or a record that nobody touched would look altered.
 */
export function plainCopy<Value>(value: Value): Value {
  // JSON writes such halves as escapes; an escaped backslash before the same letters is not one.
  const text = JSON.stringify(value).replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) =>
    found === '\\\\' ? found : '\\ufffd',
  );
  return JSON.parse(text) as Value;
}
