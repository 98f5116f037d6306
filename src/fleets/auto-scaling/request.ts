/** The `request` of a launch spec of Auto Scaling. */
export interface GroupRequest {
  /** The version that instances are launched from; with an image, the one that a version with that image is made of. */
  readonly template: { readonly id: string; readonly version: string };
  readonly image?: string;
  /** The image to come of each that a type of a mixed instances policy has of its own, by its id. */
  readonly images?: Readonly<Record<string, string>>;
  /** Of a refresh: root volumes are replaced by those of the images, and the instances stay. */
  readonly rootVolumes?: true;
  /** Name of the group that a new one is made like. */
  readonly clones?: string;
}
