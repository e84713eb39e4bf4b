// TSX_TSCONFIG_PATH=samples/nestjs/tsconfig.json node --import tsx samples/nestjs/main.ts
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.js";

const app = await NestFactory.create(AppModule);
// Without this, SIGTERM would end the process without stopping the workers.
app.enableShutdownHooks();
await app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
console.log(`listening on ${await app.getUrl()}`);
