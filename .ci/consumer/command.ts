import { bootstrap, Named, Repeat } from "watchbill";

@Named("acme")
class Service {
  @Repeat("1h")
  poll(): void {}
}

export default bootstrap([Service]);
