/** An error as the SDK throws it. */
export class ApiFailure extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}
